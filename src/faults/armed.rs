//! With the feature: what is armed, and what has happened.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Bug, Point};

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A panic.
    Panic,
    /// An error, where the point can give one.
    Error,
    /// It takes this long, where the point can wait.
    Delay(Duration),
    /// It never ends, where the point can wait.
    Hang,
    /// The process is killed by SIGKILL.
    Kill,
}

impl Fault {
    /// The closed set of words: `panic`, `error`, `delay`, `hang`, `kill`.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Panic => "panic",
            Self::Error => "error",
            Self::Delay(_) => "delay",
            Self::Hang => "hang",
            Self::Kill => "kill",
        }
    }
}

/// Puts a fault at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Where.
    pub point: Point,
    /// For whom: the name of the host or instance, or what the database does; none for all.
    pub name: Option<String>,
    /// How many that pass are let go first.
    pub after: u32,
    /// How often it happens then.
    pub times: u32,
    /// What happens.
    pub fault: Fault,
}

/// How often each fault happened at each point.
pub type Done = BTreeMap<(Point, &'static str), u64>;

#[derive(Debug, Default)]
struct Armed {
    rules: Vec<Rule>,
    bugs: Vec<Bug>,
    done: Done,
    /// How many guards keep everything from happening.
    aside: u32,
}

thread_local! {
    static HERE: RefCell<Option<Armed>> = const { RefCell::new(None) };
}
static PROCESS: Mutex<Option<Armed>> = Mutex::new(None);

/// Arms a fault for the calling thread.
pub fn arm(rule: Rule) {
    HERE.with_borrow_mut(|here| here.get_or_insert_default().rules.push(rule));
}

/// Arms a fault for all threads that have nothing armed of their own.
pub fn arm_process(rule: Rule) {
    process().get_or_insert_default().rules.push(rule);
}

/// Takes away all faults of the calling thread. Planted bugs and counts stay.
pub fn disarm() {
    HERE.with_borrow_mut(|here| here.get_or_insert_default().rules.clear());
}

/// Until its drop nothing that is armed for the calling thread happens.
#[derive(Debug)]
#[must_use = "its drop ends it"]
pub struct Aside(());

/// Lets a test ask something of the service without being hit itself.
pub fn aside() -> Aside {
    HERE.with_borrow_mut(|here| here.get_or_insert_default().aside += 1);
    Aside(())
}

impl Drop for Aside {
    fn drop(&mut self) {
        HERE.with_borrow_mut(|here| here.get_or_insert_default().aside -= 1);
    }
}

/// What is armed for the calling thread.
#[must_use]
pub fn armed() -> Vec<Rule> {
    HERE.with_borrow(|here| here.as_ref().map(|armed| armed.rules.clone()).unwrap_or_default())
}

/// Plants a bug for the calling thread.
pub fn plant(bug: Bug) {
    HERE.with_borrow_mut(|here| here.get_or_insert_default().bugs.push(bug));
}

/// Takes away everything of the calling thread; its counts.
pub fn take() -> Done {
    HERE.with_borrow_mut(|here| here.take().unwrap_or_default().done)
}

/// What has happened on the calling thread.
#[must_use]
pub fn done() -> Done {
    HERE.with_borrow(|here| here.as_ref().map(|armed| armed.done.clone()).unwrap_or_default())
}

/// Whether a bug is planted.
#[must_use]
pub fn bug(bug: Bug) -> bool {
    HERE.with_borrow(|here| here.as_ref().is_some_and(|armed| armed.bugs.contains(&bug)))
}

/// For a point that cannot give an error: only a panic or the process's end can happen.
///
/// # Panics
/// Where that is armed.
pub fn pass(point: Point, name: &str) {
    let _ = error(point, name);
}

/// For a point that cannot wait: an error, if one is to be given.
///
/// # Panics
/// Where that is armed.
#[must_use]
pub fn error(point: Point, name: &str) -> Option<String> {
    match take_one(point, name)? {
        Fault::Panic => panic!("a fault at {point}"),
        Fault::Kill => kill(),
        Fault::Error => Some(format!("a fault at {point}")),
        Fault::Delay(_) | Fault::Hang => None,
    }
}

/// For a point that can wait: an error, if one is to be given.
///
/// # Panics
/// Where that is armed.
pub async fn answer(point: Point, name: &str) -> Option<String> {
    match take_one(point, name)? {
        Fault::Panic => panic!("a fault at {point}"),
        Fault::Kill => kill(),
        Fault::Error => Some(format!("a fault at {point}")),
        Fault::Delay(delay) => {
            tokio::time::sleep(delay).await;
            None
        }
        Fault::Hang => std::future::pending().await,
    }
}

/// The fault that happens here and now; for a point that deals with every kind itself.
pub(crate) fn take_one(point: Point, name: &str) -> Option<Fault> {
    let here = HERE.with_borrow_mut(|here| here.as_mut().map(|armed| armed.hit(point, name)));
    here.unwrap_or_else(|| process().as_mut().and_then(|armed| armed.hit(point, name)))
}

impl Armed {
    fn hit(&mut self, point: Point, name: &str) -> Option<Fault> {
        if self.aside > 0 {
            return None;
        }
        let fits = |rule: &&mut Rule| {
            rule.point == point && rule.name.as_deref().is_none_or(|of| of == name)
        };
        let mut fault = None;
        for rule in self.rules.iter_mut().filter(fits) {
            if rule.after > 0 {
                rule.after -= 1;
            } else if fault.is_none() && rule.times > 0 {
                rule.times -= 1;
                fault = Some(rule.fault);
            }
        }
        let fault = fault?;
        *self.done.entry((point, fault.kind())).or_default() += 1;
        self.rules.retain(|rule| rule.times > 0);
        Some(fault)
    }
}

/// Ends the process as `kill -9` does: nothing is tidied up.
pub(crate) fn kill() -> ! {
    let pid = std::process::id().to_string();
    let _ = std::process::Command::new("kill").args(["-KILL", &pid]).status();
    std::process::abort();
}

fn process() -> MutexGuard<'static, Option<Armed>> {
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What cannot be understood as faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "ASSURED_FAULTS: \"{0}\" is no fault; one is POINT[/NAME]=panic|error|hang|kill|delay:MILLISECONDS[@PASSES]"
)]
pub struct ParseError(String);

/// Reads faults from text: `store.written=kill@3; host.noticed/kvm-1=panic`.
///
/// # Errors
/// [`ParseError`] with the part that cannot be understood.
pub fn parse(text: &str) -> Result<Vec<Rule>, ParseError> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| parse_one(part).ok_or_else(|| ParseError(part.to_owned()))).collect()
}

fn parse_one(part: &str) -> Option<Rule> {
    let (place, what) = part.split_once('=')?;
    let (point, name) = match place.split_once('/') {
        Some((point, name)) => (point, Some(name.to_owned())),
        None => (place, None),
    };
    let point = *Point::ALL.iter().find(|known| known.as_str() == point)?;
    let (fault, after) = match what.split_once('@') {
        Some((fault, after)) => (fault, after.parse().ok()?),
        None => (what, 0),
    };
    let fault = match fault.split_once(':') {
        Some(("delay", milliseconds)) => {
            Fault::Delay(Duration::from_millis(milliseconds.parse().ok()?))
        }
        Some(_) => return None,
        None => match fault {
            "panic" => Fault::Panic,
            "error" => Fault::Error,
            "hang" => Fault::Hang,
            "kill" => Fault::Kill,
            _ => return None,
        },
    };
    Some(Rule { point, name, after, times: 1, fault })
}

/// Arms for the process what the environment says.
///
/// # Errors
/// [`ParseError`].
pub fn from_environment() -> Result<(), ParseError> {
    let text = std::env::var("ASSURED_FAULTS").unwrap_or_default();
    parse(&text)?.into_iter().for_each(arm_process);
    Ok(())
}
