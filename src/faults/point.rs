//! The places where a fault can be put.

/// A place in the service where a fault can be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Point {
    /// The root hears that a child has ended.
    RootChildExit,
    /// The root takes over another configuration.
    RootReload,
    /// A host's actor starts.
    HostStarted,
    /// A host's actor has a new session, and a listing.
    HostOpened,
    /// A host's actor hears from its reader.
    HostNoticed,
    /// A host's actor is given instances.
    HostAssigned,
    /// A host's actor hears that an instance's has ended.
    HostChildExit,
    /// An instance's actor starts.
    InstanceStarted,
    /// An instance's actor has a look's answer.
    InstanceLooked,
    /// An instance's actor is given an action.
    InstanceCarry,
    /// An instance's actor is about to send an action.
    InstanceSending,
    /// An instance's actor has an action's answer.
    InstanceActed,
    /// The arbiter starts, or starts again.
    ArbiterStarted,
    /// The arbiter has changed its book because of what it was told.
    ArbiterTold,
    /// The arbiter has changed its book because of what it was asked.
    ArbiterAsked,
    /// The arbiter ends a turn, and has not handed over its rows.
    ArbiterTurnEnds,
    /// The arbiter hears that its rows are kept, and nothing has followed.
    ArbiterCommitted,
    /// The arbiter has sent what follows a commit, and has answered nobody.
    ArbiterFollowed,
    /// The arbiter has read the database.
    ArbiterRead,
    /// The notifier begins a life.
    NotifierStarted,
    /// The notifier is about to look for what there is to deliver.
    NotifierLooks,
    /// The HTTP server's keeper begins a life.
    HttpServes,
    /// The database is opened, after each step: its lock is taken, its file made, it is looked at, it has
    /// its journal, it has its form, it was written to.
    StoreOpening,
    /// A migration has run, and its transaction is not yet committed.
    StoreMigrating,
    /// A job of the database's begins.
    StoreBegun,
    /// A job is done, and its transaction is not yet committed.
    StoreWritten,
    /// The transaction is committed, and nobody was told.
    StoreKept,
    /// The answer is on its way to whoever waits for it.
    StoreAnswer,
    /// The thread that writes takes up a job: a panic here is its end.
    StoreThread,
    /// A session is opened.
    HypervisorConnect,
    /// A host is listed.
    HypervisorList,
    /// All states are read.
    HypervisorAllStates,
    /// Some states are read.
    HypervisorStatesOf,
    /// An action is sent.
    HypervisorAct,
    /// A domain is defined.
    HypervisorDefine,
    /// A definition is read.
    HypervisorDefinition,
    /// A definition is corrected.
    HypervisorCorrect,
    /// A call was carried out, whichever it was, and its answer is on its way.
    HypervisorAnswer,
}

impl Point {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::RootChildExit,
        Self::RootReload,
        Self::HostStarted,
        Self::HostOpened,
        Self::HostNoticed,
        Self::HostAssigned,
        Self::HostChildExit,
        Self::InstanceStarted,
        Self::InstanceLooked,
        Self::InstanceCarry,
        Self::InstanceSending,
        Self::InstanceActed,
        Self::ArbiterStarted,
        Self::ArbiterTold,
        Self::ArbiterAsked,
        Self::ArbiterTurnEnds,
        Self::ArbiterCommitted,
        Self::ArbiterFollowed,
        Self::ArbiterRead,
        Self::NotifierStarted,
        Self::NotifierLooks,
        Self::HttpServes,
        Self::StoreOpening,
        Self::StoreMigrating,
        Self::StoreBegun,
        Self::StoreWritten,
        Self::StoreKept,
        Self::StoreAnswer,
        Self::StoreThread,
        Self::HypervisorConnect,
        Self::HypervisorList,
        Self::HypervisorAllStates,
        Self::HypervisorStatesOf,
        Self::HypervisorAct,
        Self::HypervisorDefine,
        Self::HypervisorDefinition,
        Self::HypervisorCorrect,
        Self::HypervisorAnswer,
    ];

    /// Its one text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RootChildExit => "root.child_exit",
            Self::RootReload => "root.reload",
            Self::HostStarted => "host.started",
            Self::HostOpened => "host.opened",
            Self::HostNoticed => "host.noticed",
            Self::HostAssigned => "host.assigned",
            Self::HostChildExit => "host.child_exit",
            Self::InstanceStarted => "instance.started",
            Self::InstanceLooked => "instance.looked",
            Self::InstanceCarry => "instance.carry",
            Self::InstanceSending => "instance.sending",
            Self::InstanceActed => "instance.acted",
            Self::ArbiterStarted => "arbiter.started",
            Self::ArbiterTold => "arbiter.told",
            Self::ArbiterAsked => "arbiter.asked",
            Self::ArbiterTurnEnds => "arbiter.turn_ends",
            Self::ArbiterCommitted => "arbiter.committed",
            Self::ArbiterFollowed => "arbiter.followed",
            Self::ArbiterRead => "arbiter.read",
            Self::NotifierStarted => "notifier.started",
            Self::NotifierLooks => "notifier.looks",
            Self::HttpServes => "http.serves",
            Self::StoreOpening => "store.opening",
            Self::StoreMigrating => "store.migrating",
            Self::StoreBegun => "store.begun",
            Self::StoreWritten => "store.written",
            Self::StoreKept => "store.kept",
            Self::StoreAnswer => "store.answer",
            Self::StoreThread => "store.thread",
            Self::HypervisorConnect => "hypervisor.connect",
            Self::HypervisorList => "hypervisor.list",
            Self::HypervisorAllStates => "hypervisor.all_states",
            Self::HypervisorStatesOf => "hypervisor.states_of",
            Self::HypervisorAct => "hypervisor.act",
            Self::HypervisorDefine => "hypervisor.define",
            Self::HypervisorDefinition => "hypervisor.definition",
            Self::HypervisorCorrect => "hypervisor.correct",
            Self::HypervisorAnswer => "hypervisor.answer",
        }
    }
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
