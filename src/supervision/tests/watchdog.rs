//! The rule of the watchdog, and its thread's two ends.

use std::sync::mpsc;

use super::*;

#[test]
fn four_looks_without_a_beat_are_an_alarm() {
    let mut silence = Silence::default();
    let looks = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2].map(|beats| silence.look(beats));
    let (quiet, alarm) = looks.split_at(11);
    assert_eq!(quiet, [false; 11]);
    assert_eq!(alarm, [true]);
}

#[test]
fn silence_calls_once() {
    let (alarms, heard) = mpsc::channel();
    let alarm = move || alarms.send(()).unwrap();
    let (pulse, watchdog) = Watchdog::start(Duration::from_millis(4), alarm).unwrap();
    pulse.beat();
    // Without a time limit: the sender is dropped with the closure.
    assert_eq!(heard.recv(), Ok(()));
    drop(watchdog);
    assert!(heard.recv().is_err());
}

#[test]
fn a_dropped_watchdog_is_silent() {
    let (alarms, heard) = mpsc::channel();
    let alarm = move || alarms.send(()).unwrap();
    let (pulse, watchdog) = Watchdog::start(secs(3600), alarm).unwrap();
    drop(watchdog);
    assert!(heard.recv().is_err());
    pulse.beat();
}

#[test]
fn a_pulse_beats_on_its_thread() {
    run(async {
        let (pulse, watchdog) = Watchdog::start(secs(3600), || {}).unwrap();
        let beating = actix::spawn(pulse.clone().beat_every(secs(10)));
        pass(95_000).await;
        beating.abort();
        assert!(format!("{pulse:?}").contains("beats: 10"), "{pulse:?}");
        drop(watchdog);
    });
}

#[test]
fn beats_are_passed_on_and_their_absence_is_not() {
    let (words, heard) = mpsc::channel();
    let (alarms, alarmed) = mpsc::channel();
    let relay =
        Relay { every: Duration::from_millis(1), tell: Box::new(move || words.send(()).unwrap()) };
    let alarm = move || alarms.send(()).unwrap();
    let (pulse, watchdog) =
        Watchdog::start_with(Duration::from_millis(50), Some(relay), alarm).unwrap();
    assert!(watchdog.pace() < Duration::from_millis(1), "the finer of both paces");
    for _ in 0..3 {
        pulse.beat();
        assert_eq!(heard.recv(), Ok(()));
    }
    // From here on nobody beats, so nothing is passed on, and the alarm comes.
    assert_eq!(alarmed.recv(), Ok(()));
    assert_eq!(heard.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    drop(watchdog);
}

#[test]
fn with_thinner_slices_the_same_silence_is_an_alarm() {
    let mut silence = Silence::of(10);
    assert!((0..9).all(|_| !silence.look(0)));
    assert!(!silence.is_broken());
    assert!(silence.look(0));
    assert!(!silence.look(1));
    assert!(silence.is_broken());
}

/// Blocks its thread until the alarm has said in whose turn.
struct Stuck(mpsc::Receiver<Option<String>>);

impl Actor for Stuck {
    type Context = Context<Self>;
}

impl Handler<Do> for Stuck {
    type Result = u32;

    fn handle(&mut self, _: Do, _: &mut Self::Context) -> u32 {
        assert_eq!(self.0.recv().unwrap().as_deref(), Some("probe 5"));
        7
    }
}

#[test]
fn an_alarm_can_say_in_whose_turn_the_thread_is_stuck() {
    run(async {
        let (say, said) = mpsc::channel();
        let turns = Turns::here();
        let alarm = move || say.send(turns.whose().map(|name| name.to_string())).unwrap();
        let parent = Witness::default().start();
        let (address, _child) = start_child(link(5, 1, &parent), |_, _| Stuck(said));
        let (pulse, watchdog) = Watchdog::start(Duration::from_millis(40), alarm).unwrap();
        pulse.beat();
        assert_eq!(address.send(Do::Ping).await, Ok(7));
        drop(watchdog);
    });
}
