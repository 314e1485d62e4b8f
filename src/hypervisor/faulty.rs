//! A host whose calls can be disturbed by name (`faults`), whichever end of the trait is behind it.
//!
//! Each call asks at its own point before it is made, and at [`Point::HypervisorAnswer`] after it was
//! carried out: an error there is an answer that was lost on its way. The name at a point is the
//! host's; at the answer it is the operation's. Exists with the feature only.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{sleep, timeout};

use super::{Acted, Answer, CallError, Hypervisor, Listed, Operation, Session, Signal, Subject};
use crate::faults::{Fault, Point, kill, take_one};
use crate::model::{Command, Condition, Correction, Definition, HostId, InstanceId};

/// How long calls may take, whatever disturbs them.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// Of a connect and of a read.
    pub read: Duration,
    /// Of an action.
    pub action: Duration,
}

/// A host that can be disturbed.
pub struct Faulty {
    named: Named,
    host: Rc<dyn Hypervisor>,
}

impl Faulty {
    /// Puts the points around a host.
    #[must_use]
    pub fn around(
        id: HostId,
        deadlines: Deadlines,
        host: Rc<dyn Hypervisor>,
    ) -> Rc<dyn Hypervisor> {
        Rc::new(Self { named: Named { id, deadlines }, host })
    }
}

#[derive(Clone)]
struct Named {
    id: HostId,
    deadlines: Deadlines,
}

struct FaultySession {
    named: Named,
    session: Rc<dyn Session>,
}

impl Hypervisor for Faulty {
    fn connect(&self, signals: UnboundedSender<Signal>) -> Answer<Rc<dyn Session>> {
        let (named, host) = (self.named.clone(), Rc::clone(&self.host));
        let call = move || host.connect(signals);
        let opened = disturbed(Point::HypervisorConnect, &named, Operation::Connect, None, call);
        async move {
            let session = opened.await?;
            Ok(Rc::new(FaultySession { named, session }) as Rc<dyn Session>)
        }
        .boxed_local()
    }
}

impl FaultySession {
    fn call<T: 'static>(
        &self,
        point: Point,
        operation: Operation,
        domain: Option<InstanceId>,
        call: impl FnOnce(Rc<dyn Session>) -> Answer<T> + 'static,
    ) -> Answer<T> {
        let session = Rc::clone(&self.session);
        disturbed(point, &self.named, operation, domain, move || call(session))
    }
}

impl Session for FaultySession {
    fn list(&self) -> Answer<Vec<Listed>> {
        self.call(Point::HypervisorList, Operation::List, None, |s| s.list())
    }

    fn all_states(&self) -> Answer<Vec<(InstanceId, Condition)>> {
        self.call(Point::HypervisorAllStates, Operation::ReadAll, None, |s| s.all_states())
    }

    fn states_of(&self, ids: Vec<InstanceId>) -> Answer<Vec<(InstanceId, Condition)>> {
        self.call(Point::HypervisorStatesOf, Operation::ReadSome, None, |s| s.states_of(ids))
    }

    fn act(&self, id: InstanceId, command: Command) -> Answer<Acted> {
        let operation = Operation::Act(command);
        self.call(Point::HypervisorAct, operation, Some(id), move |s| s.act(id, command))
    }

    fn definition(&self, id: InstanceId) -> Answer<Definition> {
        let (point, operation) = (Point::HypervisorDefinition, Operation::Definition);
        self.call(point, operation, Some(id), move |s| s.definition(id))
    }

    fn define(&self, id: InstanceId, xml: Arc<str>) -> Answer<Acted> {
        let operation = Operation::Act(Command::Redefine);
        self.call(Point::HypervisorDefine, operation, Some(id), move |s| s.define(id, xml))
    }

    fn correct(&self, id: InstanceId, correction: Correction) -> Answer<()> {
        let (point, operation) = (Point::HypervisorCorrect, Operation::Correct(correction));
        self.call(point, operation, Some(id), move |s| s.correct(id, correction))
    }
}

/// Makes a call with the points before and after it. Whatever happens there, the deadline holds, and
/// a panic is an error, as in a call that is made on a thread.
fn disturbed<T: 'static>(
    point: Point,
    host: &Named,
    operation: Operation,
    domain: Option<InstanceId>,
    call: impl FnOnce() -> Answer<T> + 'static,
) -> Answer<T> {
    let what = Subject { operation, host: host.id.clone(), domain };
    let deadline = match operation {
        Operation::Act(_) | Operation::Correct(_) => host.deadlines.action,
        Operation::Connect
        | Operation::List
        | Operation::ReadAll
        | Operation::ReadSome
        | Operation::Definition => host.deadlines.read,
    };
    async move {
        let name = operation.to_string();
        let made = async {
            happens(point, what.host.as_str(), &what).await?;
            let answer = call().await?;
            happens(Point::HypervisorAnswer, &name, &what).await?;
            Ok(answer)
        };
        match timeout(deadline, made).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(CallError::Timeout { what: what.clone(), deadline }),
        }
    }
    .boxed_local()
}

/// What is armed at a point happens.
async fn happens(point: Point, name: &str, what: &Subject) -> Result<(), CallError> {
    let (what, message) = (what.clone(), format!("a fault at {point}"));
    match take_one(point, name) {
        None => Ok(()),
        Some(Fault::Panic) => Err(CallError::Panicked { what, message }),
        Some(Fault::Error) => Err(CallError::Lost { what, message }),
        Some(Fault::Kill) => kill(),
        Some(Fault::Delay(delay)) => {
            sleep(delay).await;
            Ok(())
        }
        Some(Fault::Hang) => std::future::pending().await,
    }
}
