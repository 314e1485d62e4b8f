//! What is old is forgotten by itself.

use assured::model::{Condition, DesiredState};
use assured::store::IncidentQuery;

use crate::rig::{Rig, virtual_time};

const HOUR: u64 = 60 * 60;

/// A service that keeps a day, and three days in which a guest crashes every other hour.
#[test]
fn a_day_is_kept_and_no_more_and_the_numbers_go_on() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "[poll]\ninterval = \"10m\"\n[database]\nretain_events = \"1d\"\n";
        let id = rig.instance("kvm-1", "web-1", Condition::RunningBooted, DesiredState::Running);
        let mut service = rig.start().await;
        service.in_sync(id, 20).await;
        for round in 0..36 {
            rig.host("kvm-1").kill(id);
            service.pass(2 * HOUR).await;
            if round == 20 {
                service.kill().await;
                service = rig.start().await;
            }
        }
        let now = service.clock.now();
        let events = rig.events().await;
        let age = now.duration_since(events[0].at).as_hours();
        // A step is worth it once an hour's old rows have gathered.
        assert!((23..=25).contains(&age), "{age} h");
        let first = events[0].id.0;
        assert!(first > 100, "{first}");
        assert!(events.iter().zip(first..).all(|(event, number)| event.id.0 == number));
        let incidents = rig.store.incidents(IncidentQuery::default()).await.unwrap();
        assert!((12..=14).contains(&incidents.len()), "{}", incidents.len());
        assert_eq!(incidents[0].id.0, 36, "as many as crashes, and none twice");
        service.in_sync(id, 0).await;
    });
}

/// The steady state writes nothing: what is old is gone after a few steps, and then there are none.
#[test]
fn a_log_that_nobody_writes_to_is_left_alone() {
    virtual_time(|| async {
        let mut rig = Rig::new(&["kvm-1"]);
        rig.config += "[poll]\ninterval = \"10m\"\n[database]\nretain_events = \"1d\"\n";
        rig.instance("kvm-1", "web-1", Condition::RunningBooted, DesiredState::Running);
        let service = rig.start().await;
        service.pass(48 * HOUR).await;
        assert_eq!(rig.events().await.len(), 1, "the newest stays");
        let commits = service.commits();
        service.pass(20 * HOUR).await;
        assert_eq!(service.commits(), commits + 1, "one step in a day finds nothing");
    });
}
