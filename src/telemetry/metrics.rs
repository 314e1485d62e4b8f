//! The metrics, all in one struct (names: the service's interface; base units; no unbounded
//! labels).

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};

/// Every metric that the service exports. Cheap to clone; all clones are the same metrics.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    /// 1 while the host is up. Labels: host.
    pub host_up: IntGaugeVec,
    /// Instances by status. Labels: host, status.
    pub instances: IntGaugeVec,
    /// Looks at an instance. Labels: host, source, result.
    pub observations: IntCounterVec,
    /// Mismatches that the arbiter was told of. Labels: desired, observed.
    pub mismatches: IntCounterVec,
    /// Actions on a hypervisor. Labels: action, outcome.
    pub actions: IntCounterVec,
    /// How long they took. Labels: action.
    pub action_duration: HistogramVec,
    /// From the event or the poll to the arbiter.
    pub detection: Histogram,
    /// From the first sight of a mismatch to in sync.
    pub repair: Histogram,
    /// Open incidents. Labels: severity.
    pub incidents_open: IntGaugeVec,
    /// How long a read of a host took. Labels: host.
    pub host_read: HistogramVec,
    /// How long a commit took.
    pub commit_duration: Histogram,
    /// How many rows a commit wrote.
    pub commit_rows: Histogram,
    /// Restarts of actors. Labels: kind.
    pub actor_restarts: IntCounterVec,
    /// Messages that an actor found waiting and took in its last turn. Labels: actor.
    pub mailbox_depth: IntGaugeVec,
    /// Reads of a host, in calls. Labels: host, scope (all, some).
    pub host_reads: IntCounterVec,
    /// Lifecycle events that a host sent. Labels: host.
    pub host_events: IntCounterVec,
    /// Tries to deliver a message. Labels: receiver, outcome (delivered, failed).
    pub deliveries: IntCounterVec,
    /// Commits that failed.
    pub commit_failures: IntCounter,
    /// 1 while the database can be used.
    pub store_up: IntGauge,
    /// 1 while the configuration that was read last is in force.
    pub config_reload_success: IntGauge,
}

/// Seconds, from a tenth of a millisecond to a minute and a half.
const SHORT: &[f64] =
    &[0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 90.0];
/// Seconds, from a tenth to three hours.
const LONG: &[f64] = &[0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 10800.0];
/// Rows.
const ROWS: &[f64] = &[1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0, 30000.0];

impl Metrics {
    /// All metrics at zero, with those of the process where the system gives them.
    ///
    /// # Errors
    /// When two metrics have one name: a mistake in this file.
    pub fn new(version: &str) -> Result<Self, prometheus::Error> {
        let r = Registry::new_custom(Some("assured".to_owned()), None)?;
        let info = gauges(&r, "build_info", "The version that runs", &["version"])?;
        info.with_label_values(&[version]).set(1);
        Ok(Self {
            host_up: gauges(&r, "host_up", "1 while the host is up", &["host"])?,
            instances: gauges(&r, "instances", "Instances by status", &["host", "status"])?,
            observations: counters(
                &r,
                "observations_total",
                "Looks at an instance",
                &["host", "source", "result"],
            )?,
            mismatches: counters(
                &r,
                "mismatches_total",
                "Mismatches that the arbiter was told of",
                &["desired", "observed"],
            )?,
            actions: counters(&r, "actions_total", "Actions", &["action", "outcome"])?,
            action_duration: timings(
                &r,
                "action_duration_seconds",
                "How long an action took",
                &["action"],
            )?,
            detection: histogram(
                &r,
                "detection_seconds",
                "From the event or the poll to the arbiter",
                SHORT,
            )?,
            repair: histogram(
                &r,
                "repair_seconds",
                "From the first sight of a mismatch to in sync",
                LONG,
            )?,
            incidents_open: gauges(&r, "incidents_open", "Open incidents", &["severity"])?,
            host_read: timings(
                &r,
                "host_read_duration_seconds",
                "How long a read of a host took",
                &["host"],
            )?,
            commit_duration: histogram(
                &r,
                "store_commit_duration_seconds",
                "How long a commit took",
                SHORT,
            )?,
            commit_rows: histogram(&r, "store_batch_size", "Rows that a commit wrote", ROWS)?,
            actor_restarts: counters(&r, "actor_restarts_total", "Restarts of actors", &["kind"])?,
            mailbox_depth: gauges(
                &r,
                "mailbox_depth",
                "Messages that an actor took in its last turn",
                &["actor"],
            )?,
            host_reads: counters(
                &r,
                "host_reads_total",
                "Reads of a host, in calls",
                &["host", "scope"],
            )?,
            host_events: counters(
                &r,
                "host_events_total",
                "Lifecycle events that a host sent",
                &["host"],
            )?,
            deliveries: counters(
                &r,
                "deliveries_total",
                "Tries to deliver a message",
                &["receiver", "outcome"],
            )?,
            commit_failures: {
                let c = IntCounter::new("store_commit_failures_total", "Commits that failed")?;
                r.register(Box::new(c.clone()))?;
                c
            },
            store_up: gauge(&r, "store_up", "1 while the database can be used")?,
            config_reload_success: {
                let help = "1 while the configuration that was read last is in force";
                let g = gauge(&r, "config_reload_success", help)?;
                g.set(1);
                g
            },
            registry: r,
        })
    }

    /// All metrics in Prometheus' text format, those of the process included.
    ///
    /// # Errors
    /// When a metric cannot be written as text.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        let process = prometheus::process_collector::ProcessCollector::for_self();
        let mut families = self.registry.gather();
        families.extend(prometheus::core::Collector::collect(&process));
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn counters(
    r: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntCounterVec, prometheus::Error> {
    let c = IntCounterVec::new(Opts::new(name, help), labels)?;
    r.register(Box::new(c.clone()))?;
    Ok(c)
}

fn gauges(
    r: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<IntGaugeVec, prometheus::Error> {
    let g = IntGaugeVec::new(Opts::new(name, help), labels)?;
    r.register(Box::new(g.clone()))?;
    Ok(g)
}

fn gauge(r: &Registry, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
    let g = IntGauge::new(name, help)?;
    r.register(Box::new(g.clone()))?;
    Ok(g)
}

fn timings(
    r: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> Result<HistogramVec, prometheus::Error> {
    let h = HistogramVec::new(HistogramOpts::new(name, help).buckets(SHORT.to_vec()), labels)?;
    r.register(Box::new(h.clone()))?;
    Ok(h)
}

fn histogram(
    r: &Registry,
    name: &str,
    help: &str,
    buckets: &[f64],
) -> Result<Histogram, prometheus::Error> {
    let h = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?;
    r.register(Box::new(h.clone()))?;
    Ok(h)
}
