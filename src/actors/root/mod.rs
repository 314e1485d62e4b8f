//! The root of the tree: it starts the keeper of the database's thread, the arbiter, the notifier, an actor per host,
//! and what stands beside them, in this order, and stops them in the reverse one.
//!
//! A host's actor, the notifier, or the HTTP server, that ends too often is quarantined: tried again at a slow
//! pace, and the rest goes on. Without the arbiter, or the thread that writes the database, nothing
//! goes on: its budget spent ends the process, a service manager starts it anew, and everything is
//! read from the database and from the hosts. Who hangs is found by his heartbeat, as in each parent;
//! the root's own is looked at by whoever awaits the tree's end.
//!
//! Not in here: machines. An actor that fails is this tree's matter; a machine that is down is the
//! policy's.

mod assemble;
mod beside;
mod handlers;
mod reload;
mod stop;

use std::collections::BTreeMap;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Recipient};
use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

pub use assemble::{Assembler, Parts, Reach, ReadAgain};
pub use beside::{Beside, Drain, Run};

use self::beside::Keeper;
use self::stop::Stop;
use super::arbiter::Arbiter;
use super::host::Host;
use super::messages::Reload;
use super::notifier::Notifier;
use crate::model::HostId;
use crate::snapshot::{Node, NodeId};
use crate::supervision::{
    Child, ChildExit, ChildSpec, Children, DelaySpec, Exhausted, Exit, ExitSlot, InPlaceSpec,
    Incarnation, Limit, Link, RestartType, start_child, start_in_place, sweep_pace,
};

/// The slow pace at which what fails too often is tried again.
const QUARANTINE: Exhausted = Exhausted::Quarantine { retry_after: Duration::from_secs(5 * 60) };

/// How the tree has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was asked to.
    Stopped,
    /// A budget of restarts was spent: this is what failed.
    GaveUp(String),
}

/// Who is under the root, in the order of their start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Store,
    Arbiter,
    Notifier,
    Host(HostId),
    Beside(&'static str),
}

impl Name {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Arbiter => "arbiter",
            Self::Notifier => "notifier",
            Self::Host(_) => "host",
            Self::Beside(kind) => kind,
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host(id) => write!(f, "host {id}"),
            Self::Store | Self::Arbiter | Self::Notifier | Self::Beside(_) => {
                write!(f, "{}", self.kind())
            }
        }
    }
}

/// Whom the outside asks.
#[derive(Clone)]
pub struct Doors {
    /// For orders and changes of the record.
    pub arbiter: Addr<Arbiter>,
    /// For reading the configuration again.
    pub reload: Recipient<Reload>,
}

type MakeBeside = Box<dyn FnOnce(&Doors) -> Vec<Beside>>;

/// The actor. See the module.
struct Root {
    assembler: Assembler,
    slot: ExitSlot,
    /// Makes what stands beside the hosts, once the arbiter is there.
    make_beside: Option<MakeBeside>,
    beside: Vec<Beside>,
    book: Children<Name>,
    held: BTreeMap<Name, Child>,
    arbiter: Option<Addr<Arbiter>>,
    /// It was told to end.
    stopping: bool,
}

/// A living tree, and the way to its arbiter. Its drop is the end of the whole tree, at once.
pub struct Tree {
    /// The ways in.
    pub doors: Doors,
    root: Addr<Root>,
    child: Child,
    heartbeat: Duration,
    ended: oneshot::Receiver<Ending>,
}

impl Tree {
    /// Starts the tree on this thread's actix system.
    ///
    /// # Errors
    /// [`Ending::GaveUp`] when the root itself cannot start.
    pub async fn start(
        assembler: Assembler,
        beside: impl FnOnce(&Doors) -> Vec<Beside> + 'static,
    ) -> Result<Self, Ending> {
        let (tell, ended) = oneshot::channel();
        let heartbeat = assembler.heartbeat();
        let parent = Init { tell: Some(tell) }.start().recipient();
        let link = Link { child: "root", incarnation: Incarnation(1), parent, name: "root".into() };
        let (root, child) = start_child(link, move |ctx, slot| {
            ctx.set_mailbox_capacity(1 << 12);
            Root {
                assembler,
                slot,
                make_beside: Some(Box::new(beside)),
                beside: Vec::new(),
                book: Children::new(),
                held: BTreeMap::new(),
                arbiter: None,
                stopping: false,
            }
        });
        let gone = |_| Ending::GaveUp("the root ended as it started".to_owned());
        let arbiter = root.send(handlers::ArbiterOf).await.map_err(gone)?;
        let arbiter = arbiter.ok_or_else(|| Ending::GaveUp("no arbiter started".to_owned()))?;
        let doors = Doors { arbiter, reload: root.clone().recipient() };
        Ok(Self { doors, root, child, heartbeat, ended })
    }

    /// Makes the root hang.
    #[cfg(test)]
    pub(super) fn hang(&self) {
        self.root.do_send(super::arbiter::reached::Hang);
    }

    /// Lets it live until `stop` is ready or it gives up. When asked to stop, actions under way may
    /// end within the shutdown grace, and no new one begins.
    pub async fn until(mut self, stop: impl Future<Output = ()>) -> Ending {
        let mut stop = pin!(stop.fuse());
        loop {
            // Sleeps and no interval: after a stop of the process that would look many times at once.
            tokio::select! {
                ending = &mut self.ended => return told(ending),
                () = &mut stop => self.root.do_send(Stop),
                () = sleep(sweep_pace(self.heartbeat)) => {
                    self.child.sweep(self.heartbeat);
                }
            }
        }
    }
}

fn told(ending: Result<Ending, oneshot::error::RecvError>) -> Ending {
    ending.unwrap_or_else(|_| Ending::GaveUp("nobody is there to tell how it ended".to_owned()))
}

/// The root's parent: it only hears how the root has ended.
struct Init {
    tell: Option<oneshot::Sender<Ending>>,
}

impl Actor for Init {
    type Context = Context<Self>;
}

impl Handler<ChildExit<&'static str>> for Init {
    type Result = ();

    fn handle(&mut self, exit: ChildExit<&'static str>, ctx: &mut Context<Self>) {
        let ending = match exit.exit {
            Exit::Normal | Exit::Killed => Ending::Stopped,
            Exit::Failed(why) => Ending::GaveUp(why),
            exit @ (Exit::Panicked(_) | Exit::Hung { .. }) => {
                Ending::GaveUp(format!("the root {exit}"))
            }
        };
        if let Some(tell) = self.tell.take() {
            // If nobody waits for it, the process is ending already.
            let _ = tell.send(ending);
        }
        ctx.stop();
    }
}

impl Root {
    fn spec(limit: Limit, exhausted: Exhausted) -> ChildSpec {
        let (restart, delay) = (RestartType::Permanent, DelaySpec::default());
        ChildSpec { restart, limit, delay, exhausted }
    }

    fn link(child: Name, incarnation: Incarnation, ctx: &Context<Self>) -> Link<Name> {
        let name = format!("the {child}").into();
        Link { child, incarnation, parent: ctx.address().recipient(), name }
    }

    fn start_store(&mut self, ctx: &mut Context<Self>) {
        let limit = self.assembler.arbiter_limit();
        self.book.add(Name::Store, Self::spec(limit, Exhausted::Escalate));
        let incarnation = self.book.start(&Name::Store, Instant::now());
        self.launch(Name::Store, incarnation, ctx);
    }

    fn start_arbiter(&mut self, ctx: &mut Context<Self>) {
        // Its budget is its own: once it is spent, so is the root's.
        let limit = Limit { restarts: 0, window: self.assembler.arbiter_limit().window };
        self.book.add(Name::Arbiter, Self::spec(limit, Exhausted::Escalate));
        let Some(incarnation) = self.book.start(&Name::Arbiter, Instant::now()) else { return };
        let link = Self::link(Name::Arbiter, incarnation, ctx);
        let spec = InPlaceSpec {
            limit: self.assembler.arbiter_limit(),
            delay: DelaySpec::default(),
            observer: ctx.address().recipient(),
        };
        let settings = self.assembler.arbiter_settings();
        let (addr, child) = start_in_place(link, spec, move |_, _| Arbiter::new(settings));
        self.arbiter = Some(addr);
        self.began(Name::Arbiter, incarnation, child);
    }

    fn start_notifier(&mut self, ctx: &mut Context<Self>) {
        self.book.add(Name::Notifier, Self::spec(self.assembler.host_limit(), QUARANTINE));
        let incarnation = self.book.start(&Name::Notifier, Instant::now());
        self.launch(Name::Notifier, incarnation, ctx);
    }

    fn start_hosts(&mut self, ctx: &mut Context<Self>) {
        for host in self.assembler.hosts() {
            self.add_host(host, ctx);
        }
    }

    fn start_beside(&mut self, ctx: &mut Context<Self>) {
        let (Some(make), Some(arbiter)) = (self.make_beside.take(), &self.arbiter) else { return };
        let reload = ctx.address().recipient();
        self.beside = make(&Doors { arbiter: arbiter.clone(), reload });
        let kinds: Vec<_> = self.beside.iter().map(|b| b.kind).collect();
        for kind in kinds {
            let name = Name::Beside(kind);
            self.book.add(name.clone(), Self::spec(self.assembler.host_limit(), QUARANTINE));
            let incarnation = self.book.start(&name, Instant::now());
            self.launch(name, incarnation, ctx);
        }
    }

    /// Starts a new life of a child.
    fn launch(&mut self, name: Name, life: Option<Incarnation>, ctx: &mut Context<Self>) {
        let Some(incarnation) = life else { return };
        let link = Self::link(name.clone(), incarnation, ctx);
        let child = match &name {
            Name::Store => {
                let store = self.assembler.parts.store.clone();
                let run: Run = Rc::new(move || Box::pin(store.keep_writing()));
                let (_, child) = start_child(link, move |_, slot| Keeper::new(run, None, slot));
                child
            }
            // It restarts in its place.
            Name::Arbiter => return,
            Name::Notifier => {
                let Some(arbiter) = &self.arbiter else { return };
                let settings = self.assembler.notifier_settings(arbiter.clone());
                let (_, child) = start_child(link, move |_, slot| Notifier::new(settings, slot));
                child
            }
            Name::Host(host) => {
                let Some(arbiter) = &self.arbiter else { return };
                let settings = self.assembler.host_settings(host, arbiter.clone());
                let Some(settings) = settings else { return };
                let (_, child) = start_child(link, move |_, slot| Host::new(settings, slot));
                child
            }
            Name::Beside(kind) => {
                let found = self.beside.iter().find(|b| b.kind == *kind);
                let Some(beside) = found else { return };
                let (run, drain) = (Rc::clone(&beside.run), beside.drain.clone());
                let (_, child) = start_child(link, move |_, slot| Keeper::new(run, drain, slot));
                child
            }
        };
        self.began(name, incarnation, child);
    }

    /// Looks at the heartbeats of all children now and then: one that hangs ends by that.
    fn watch_children(&mut self, ctx: &mut Context<Self>) {
        let heartbeat = self.assembler.heartbeat();
        for child in self.held.values_mut() {
            child.sweep(heartbeat);
        }
        ctx.run_later(sweep_pace(heartbeat), Self::watch_children);
    }

    fn began(&mut self, name: Name, incarnation: Incarnation, child: Child) {
        self.book.running(&name, incarnation);
        self.held.insert(name.clone(), child);
        self.show(&name);
    }

    fn show(&self, name: &Name) {
        let Some(status) = self.book.status(name) else { return };
        let node = Node {
            kind: name.kind(),
            incarnation: status.incarnation.0,
            state: status.state.as_str(),
            restarts: status.restarts,
            last_exit: status.last_exit.map(|exit| exit.to_string()),
        };
        self.assembler.parts.board.show_node(&Self::node(name), &node);
    }

    /// Where a child is shown.
    fn node(name: &Name) -> NodeId {
        NodeId::root().child(match name {
            Name::Host(id) => id.as_str(),
            Name::Store | Name::Arbiter | Name::Notifier | Name::Beside(_) => name.kind(),
        })
    }
}

impl Actor for Root {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(1 << 12);
        let node =
            Node { kind: "root", incarnation: 1, state: "running", restarts: 0, last_exit: None };
        self.assembler.parts.board.show_node(&NodeId::root(), &node);
        self.start_store(ctx);
        self.start_arbiter(ctx);
        self.start_notifier(ctx);
        self.start_hosts(ctx);
        self.start_beside(ctx);
        self.watch_children(ctx);
    }
}
