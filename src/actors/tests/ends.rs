//! The end of the tree: who goes first, and how long it may take.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

use super::rig::{Rig, virtual_time};
use crate::actors::arbiter::reached::Hang;
use crate::actors::root::{Assembler, Beside, Doors, Ending, Tree};
use crate::supervision::Turns;

/// Who of the tree is still there, said when it is dropped.
struct Last {
    who: &'static str,
    said: Rc<RefCell<Vec<String>>>,
}

impl Drop for Last {
    fn drop(&mut self) {
        let mut living: Vec<_> =
            Turns::here().living().iter().map(|name| name.to_string()).collect();
        living.sort_unstable();
        self.said.borrow_mut().push(format!("{}: {}", self.who, living.join(", ")));
    }
}

#[test]
fn the_last_to_start_stop_first() {
    virtual_time(|| async {
        let said = Rc::<RefCell<Vec<String>>>::default();
        let mut rig = Rig::new(&["kvm-1", "kvm-2"]);
        let hears = Rc::clone(&said);
        rig.wrap = Some(Rc::new(move |_, host| {
            let last = Last { who: "host", said: Rc::clone(&hears) };
            Rc::new(Watched { host, _last: last })
        }));
        let (parts, settings) = rig.parts();
        let hears = Rc::clone(&said);
        let beside = move |_: &Doors| {
            let run: crate::actors::root::Run = Rc::new(move || {
                let last = Last { who: "http", said: Rc::clone(&hears) };
                async move {
                    let _last = last;
                    std::future::pending().await
                }
                .boxed_local()
            });
            vec![Beside { kind: "http", run, drain: None }]
        };
        let assembler = Assembler::new(&settings, &parts);
        drop(parts);
        rig.wrap = None;
        let tree = Tree::start(assembler, beside).await.unwrap();
        let living = tree.doors.arbiter.clone();
        let begun = Instant::now();
        let ending = tree.until(tokio::time::sleep(Duration::from_secs(5))).await;
        assert_eq!(ending, Ending::Stopped);
        assert!(begun.elapsed() < Duration::from_secs(6));
        assert!(!living.connected());
        let said = said.take();
        let everyone =
            "root, the arbiter, the host kvm-1, the host kvm-2, the http, the notifier, the store";
        assert_eq!(said[0], format!("http: {everyone}"), "the first");
        assert!(
            said[1..].iter().all(|s| s.starts_with("host: ") && !s.contains("http, ")),
            "{said:?}"
        );
        assert!(said[1..].iter().all(|s| s.contains("the arbiter") && s.contains("the store")));
        assert_eq!(Turns::here().living(), Vec::<Arc<str>>::new());
    });
}

/// A host's way that says when it is let go.
struct Watched {
    host: Rc<dyn crate::hypervisor::Hypervisor>,
    _last: Last,
}

impl crate::hypervisor::Hypervisor for Watched {
    fn connect(
        &self,
        signals: tokio::sync::mpsc::UnboundedSender<crate::hypervisor::Signal>,
    ) -> crate::hypervisor::Answer<Rc<dyn crate::hypervisor::Session>> {
        self.host.connect(signals)
    }
}

#[test]
fn an_arbiter_that_hangs_holds_up_the_end_for_no_longer_than_the_grace() {
    virtual_time(|| async {
        let rig = Rig::new(&["kvm-1"]);
        let service = rig.start().await;
        service.arbiter.do_send(Hang);
        service.pass(1).await;
        let begun = Instant::now();
        assert_eq!(service.stop().await, Ending::Stopped);
        assert!(begun.elapsed() <= Duration::from_secs(10), "{:?}", begun.elapsed());
        assert_eq!(Turns::here().living(), Vec::<Arc<str>>::new());
    });
}
