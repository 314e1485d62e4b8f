//! Starting a child, holding it, stopping it: the link between a parent and one life of a child.
//!
//! The parent owns a [`Child`]; its `Drop` kills. That is the whole mechanism by which a subtree
//! ends with its root: the parent's end drops its fields, and so on down. In the other direction the
//! child's task owns a guard that reports the exit from wherever the end comes.
//! Not in here: whether to start again (`children.rs`), children that keep their mailbox (`in_place.rs`).

use std::{
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use actix::{Actor, Addr, Context, Recipient};
use tokio::{
    sync::oneshot,
    task::{AbortHandle, JoinHandle},
    time::timeout,
};

use super::{
    beat::{Beat, Sign, Stillness},
    exit::{ChildExit, Exit, ExitSlot, Incarnation},
    life::{Life, Make},
    turns::{Seat, Turn, Turns},
};

/// What ties a life to its parent: under which name and number its exit is reported, and to whom.
#[derive(Clone)]
pub struct Link<K: Send + 'static> {
    /// The child's name among its siblings.
    pub child: K,
    /// The life that is to be started, from [`Children::start`](super::Children::start).
    pub incarnation: Incarnation,
    /// The parent.
    pub parent: Recipient<ChildExit<K>>,
    /// What to call it where it is said whose turn it is ([`Turns`]).
    pub name: Arc<str>,
}

/// Starts an actor as a child, on the current thread.
///
/// `make` runs in the child's task at its first turn, so that its panic is the child's, not the
/// parent's; messages sent before wait in the mailbox, which has actix's bound of 16 until `make` or
/// `started` sets another (`set_mailbox_capacity`).
///
/// # Panics
/// Outside of an actix `System` or tokio `LocalSet`.
pub fn start_child<A, K>(
    link: Link<K>,
    make: impl FnOnce(&mut Context<A>, ExitSlot) -> A + 'static,
) -> (Addr<A>, Child)
where
    A: Actor<Context = Context<A>>,
    K: Send + 'static,
{
    spawn(link, Box::new(make), Run)
}

/// The parent's hold on a child. Dropping it kills the child, at the child's next turn.
///
/// A killed actor runs no hook, only its `Drop`, and reports [`Exit::Killed`].
#[derive(Debug)]
#[must_use = "dropping it kills the child"]
pub struct Child {
    incarnation: Incarnation,
    task: JoinHandle<Exit>,
    stop: Option<oneshot::Sender<()>>,
    kill: KillOnDrop,
    beat: Rc<Beat>,
    stillness: Stillness,
}

impl Child {
    /// The life that this handle was made for (one that restarts in place may be further by now).
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Whether the child has ended; its exit is in the parent's mailbox then.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// A look at the child's heartbeat, to be taken at the [`sweep_pace`](super::sweep_pace). A child
    /// that hangs is ended by it: [`Exit::Hung`] is reported, or, by one that restarts in place, told
    /// as the reason of its restart.
    pub fn sweep(&mut self, heartbeat: Duration) -> Sign {
        let sign = self.stillness.look(self.beat.take());
        match sign {
            Sign::Alive => {}
            Sign::Still => self.beat.wake(),
            Sign::Hung => self.beat.condemn(Exit::Hung { within: heartbeat }),
        }
        sign
    }

    /// Kills the child: the same as dropping the handle.
    pub fn kill(self) {}

    /// Asks the child to stop, waits until it has, and kills it when `within` has passed.
    ///
    /// Its `stopping` and `stopped` run; messages still in its mailbox are dropped. The exit is
    /// reported to the parent, too. Dropping the future kills the child.
    pub async fn stop(mut self, within: Duration) -> Exit {
        if let Some(stop) = self.stop.take() {
            // An error means that it has ended already.
            let _ = stop.send(());
        }
        if let Ok(ended) = timeout(within, &mut self.task).await {
            return ended.unwrap_or(Exit::Killed);
        }
        self.kill.0.abort();
        (&mut self.task).await.unwrap_or(Exit::Killed)
    }
}

/// Stops children one after the other, the last one first, each `within` its time.
///
/// The exits are in the order of stopping.
pub async fn stop_in_reverse(
    children: impl IntoIterator<Item = Child, IntoIter: DoubleEndedIterator>,
    within: Duration,
) -> Vec<Exit> {
    let mut exits = Vec::new();
    for child in children.into_iter().rev() {
        exits.push(child.stop(within).await);
    }
    exits
}

/// Spawns a child whose task is made from the core by `wrap`.
pub(super) fn spawn<A, K, F>(
    link: Link<K>,
    make: Make<A>,
    wrap: impl FnOnce(Core<A, K>) -> F,
) -> (Addr<A>, Child)
where
    A: Actor<Context = Context<A>>,
    K: Send + 'static,
    F: Future<Output = Exit> + 'static,
{
    let (stop, asked) = oneshot::channel();
    let incarnation = link.incarnation;
    let beat = Rc::<Beat>::default();
    let life = Life::new(make, Rc::clone(&beat));
    let address = life.address();
    let seat = Turns::here().enter(Arc::clone(&link.name));
    let core = Core { life, link: Some(link), asked: Some(asked), beat: Rc::clone(&beat), seat };
    let task = actix::spawn(wrap(core));
    let kill = KillOnDrop(task.abort_handle());
    let stillness = Stillness::default();
    (address, Child { incarnation, task, stop: Some(stop), kill, beat, stillness })
}

/// A life together with the duty to report its exit, exactly once, also when it is dropped.
pub(super) struct Core<A: Actor<Context = Context<A>>, K: Send + 'static> {
    pub(super) life: Life<A>,
    /// Empty once the exit is reported.
    pub(super) link: Option<Link<K>>,
    asked: Option<oneshot::Receiver<()>>,
    pub(super) beat: Rc<Beat>,
    seat: Seat,
}

impl<A: Actor<Context = Context<A>>, K: Send + 'static> Core<A, K> {
    /// The child's task is polled: its turn begins, and lasts until the answer is dropped.
    pub(super) fn turn(&self, cx: &task::Context<'_>) -> Turn {
        self.beat.polled(cx);
        self.seat.turn()
    }

    /// Whether the parent has asked for a stop, answered once.
    pub(super) fn asked_to_stop(&mut self, cx: &mut task::Context<'_>) -> bool {
        let Some(asked) = &mut self.asked else {
            return false;
        };
        match Pin::new(asked).poll(cx) {
            Poll::Pending => false,
            Poll::Ready(answer) => {
                self.asked = None;
                answer.is_ok()
            }
        }
    }

    /// Drops the actor, then reports. The answer is what was reported.
    pub(super) fn finish(&mut self, exit: Exit) -> Exit {
        let exit = self.life.end().err().unwrap_or(exit);
        if let Some(Link { child, incarnation, parent, .. }) = self.link.take() {
            parent.do_send(ChildExit { child, incarnation, exit: exit.clone() });
        }
        exit
    }
}

impl<A: Actor<Context = Context<A>>, K: Send + 'static> Drop for Core<A, K> {
    fn drop(&mut self) {
        if self.link.is_some() {
            let _turn = self.seat.turn();
            self.finish(Exit::Killed);
        }
    }
}

/// The task of a child with one life.
struct Run<A: Actor<Context = Context<A>>, K: Send + 'static>(Core<A, K>);

/// Nothing in it is pinned in place.
impl<A: Actor<Context = Context<A>>, K: Send + 'static> Unpin for Run<A, K> {}

impl<A: Actor<Context = Context<A>>, K: Send + 'static> Future for Run<A, K> {
    type Output = Exit;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Exit> {
        let core = &mut self.get_mut().0;
        let _turn = core.turn(cx);
        if let Some(exit) = core.beat.verdict() {
            return Poll::Ready(core.finish(exit));
        }
        if core.asked_to_stop(cx) {
            core.life.ask_to_stop();
        }
        core.life.poll(cx).map(|exit| core.finish(exit))
    }
}

/// Separate from [`Child`], so that `stop` may take that apart.
#[derive(Debug)]
struct KillOnDrop(AbortHandle);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
