//! The supervision tree as it is shown, and what it comes to.

use std::ops::Deref;
use std::sync::Arc;

use imbl::OrdMap;

/// The nodes, parents before their children. What is asked of all of them together is counted as
/// they change, so that nobody has to go through them.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: OrdMap<NodeId, Node>,
    restarts: u64,
    quarantined: usize,
}

impl Tree {
    /// How often any of them was restarted.
    #[must_use]
    pub const fn restarts(&self) -> u64 {
        self.restarts
    }

    /// How many of them are quarantined.
    #[must_use]
    pub const fn quarantined(&self) -> usize {
        self.quarantined
    }

    /// The tree with this node, in the place of the one that it had there.
    pub(super) fn with(&self, id: &NodeId, node: &Node) -> Self {
        let mut tree = self.clone();
        tree.put(id, node);
        tree
    }

    /// The tree without this node, and without all below it.
    pub(super) fn without(&self, id: &NodeId) -> Self {
        let mut tree = Self::default();
        let stay = self.nodes.iter().filter(|(other, _)| !other.is_within(id));
        stay.for_each(|(id, node)| tree.put(id, node));
        tree
    }

    fn put(&mut self, id: &NodeId, node: &Node) {
        self.restarts += node.restarts;
        self.quarantined += usize::from(node.is_quarantined());
        if let Some(old) = self.nodes.insert(id.clone(), node.clone()) {
            self.restarts -= old.restarts;
            self.quarantined -= usize::from(old.is_quarantined());
        }
    }
}

impl Deref for Tree {
    type Target = OrdMap<NodeId, Node>;

    fn deref(&self) -> &Self::Target {
        &self.nodes
    }
}

/// A node's place in the supervision tree: the names from the root down. Children come after their
/// parent in its order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(Arc<[String]>);

impl NodeId {
    /// The root.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::new(["root".to_owned()]))
    }

    /// A child of this node.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self(self.0.iter().cloned().chain([name.to_owned()]).collect())
    }

    /// The parent; none for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        (!above.is_empty()).then(|| Self(above.into()))
    }

    /// Its own name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// Whether it is `other`, or below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

/// What is shown of an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// root, host, instance, arbiter, notifier, http or store.
    pub kind: &'static str,
    /// Which life this is, from 1.
    pub incarnation: u64,
    /// starting, running, restarting, quarantined or stopped.
    pub state: &'static str,
    /// How often it was restarted.
    pub restarts: u64,
    /// How its last life ended.
    pub last_exit: Option<String>,
}

impl Node {
    fn is_quarantined(&self) -> bool {
        self.state == "quarantined"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_comes_to_is_what_its_nodes_have() {
        let root = NodeId::root();
        let (host, web) = (root.child("kvm-1"), root.child("kvm-1").child("web-1"));
        let node = |restarts, state| {
            let (kind, incarnation, last_exit) = ("instance", restarts + 1, None);
            Node { kind, incarnation, state, restarts, last_exit }
        };
        let counts = |tree: &Tree| (tree.len(), tree.restarts(), tree.quarantined());
        let tree = Tree::default().with(&root, &node(1, "running"));
        let tree = tree.with(&host, &node(2, "running")).with(&web, &node(5, "quarantined"));
        assert_eq!(counts(&tree), (3, 8, 1));
        let tree = tree.with(&web, &node(6, "running"));
        assert_eq!(counts(&tree), (3, 9, 0));
        let tree = tree.with(&web, &node(7, "quarantined"));
        assert_eq!(counts(&tree.without(&web)), (2, 3, 0));
        assert_eq!(counts(&tree.without(&host)), (1, 1, 0));
        assert_eq!(counts(&tree.without(&root)), (0, 0, 0));
    }
}
