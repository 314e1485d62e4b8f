//! The supervision tree.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::snapshot::{Node, NodeId};
use crate::supervision::ChildState;

/// An actor, with those that it supervises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeBody {
    /// root, host, instance, arbiter, notifier, http or store.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Which life this is, from 1; 0 before the first.
    pub incarnation: u64,
    /// starting, running, restarting, quarantined or stopped.
    #[schema(value_type = ChildState)]
    pub state: String,
    /// How often it was restarted.
    pub restarts: u64,
    /// How its last life ended.
    #[schema(required)]
    pub last_exit: Option<String>,
    /// Those that it supervises.
    #[schema(no_recursion)]
    pub children: Vec<NodeBody>,
}

impl NodeBody {
    /// The tree, from its nodes in their order: parents before their children. Before the root has
    /// shown itself, a root that is starting.
    pub fn tree<'a>(nodes: impl Iterator<Item = (&'a NodeId, &'a Node)>) -> Self {
        // The way from the root to the node that came last; what is off the way is complete.
        let mut way: Vec<(NodeId, Self)> = Vec::new();
        for (id, node) in nodes {
            fold(&mut way, |last| !id.is_within(last));
            way.push((id.clone(), Self::new(id, node)));
        }
        fold(&mut way, |_| true);
        way.pop().map_or_else(Self::unborn, |(_, root)| root)
    }

    fn new(id: &NodeId, node: &Node) -> Self {
        Self {
            kind: node.kind.to_owned(),
            name: id.name().to_owned(),
            incarnation: node.incarnation,
            state: node.state.to_owned(),
            restarts: node.restarts,
            last_exit: node.last_exit.clone(),
            children: Vec::new(),
        }
    }

    fn unborn() -> Self {
        Self {
            kind: "root".to_owned(),
            name: NodeId::root().name().to_owned(),
            incarnation: 0,
            state: "starting".to_owned(),
            restarts: 0,
            last_exit: None,
            children: Vec::new(),
        }
    }
}

/// Hangs the last nodes of the way into their parents, as long as they are complete.
fn fold(way: &mut Vec<(NodeId, NodeBody)>, complete: impl Fn(&NodeId) -> bool) {
    while let [.., _, (id, _)] = way.as_slice()
        && complete(id)
    {
        let Some((_, child)) = way.pop() else { return };
        if let Some((_, parent)) = way.last_mut() {
            parent.children.push(child);
        }
    }
}
