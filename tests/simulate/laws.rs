//! All laws, and how a broken one is told.

use std::time::Duration;

use assured::model::InstanceId;

use super::facts::Facts;
use super::{budgets, deeds_sent, incidents, lives, looks, numbers, orders_kept, places};

/// What was broken, and the story of it.
pub type Broken = String;

type Law = (&'static str, fn(&Facts) -> Result<(), Broken>);

/// What is asked about all that is new, after each step.
const LAWS: &[Law] = &[
    ("nobody_outlives_its_parent", lives::nobody_outlives_its_parent),
    ("observed_is_what_was_answered", looks::observed_is_what_was_answered),
    ("nothing_is_done_while_doubted", looks::nothing_is_done_while_doubted),
    ("nothing_is_started_twice", places::nothing_is_started_twice),
    ("only_the_script_makes_doubles", places::only_the_script_makes_doubles),
    ("nothing_is_done_on_two", places::nothing_is_done_on_two),
    ("an_intent_before_its_action", deeds_sent::an_intent_before_its_action),
    ("no_action_for_an_older_generation", deeds_sent::no_action_for_an_older_generation),
    ("a_fresh_look_before_each_action", deeds_sent::a_fresh_look_before_each_action),
    ("every_host_is_tried_first", deeds_sent::every_host_is_tried_first),
    ("no_action_without_the_database", deeds_sent::no_action_without_the_database),
    ("no_action_on_what_is_held", deeds_sent::no_action_on_what_is_held),
    ("no_action_in_maintenance", deeds_sent::no_action_in_maintenance),
    ("no_more_at_once_than_allowed", numbers::no_more_at_once_than_allowed),
    ("no_more_attempts_than_the_budget", budgets::no_more_attempts_than_the_budget),
    ("generations_grow_by_one", orders_kept::generations_grow_by_one),
    ("no_incident_of_our_own_making", incidents::no_incident_of_our_own_making),
];

/// What is asked about the whole story, once it is over.
const IN_THE_END: &[Law] = &[
    ("every_outcome_is_told_once", deeds_sent::every_outcome_is_told_once),
    ("acknowledged_is_kept", orders_kept::acknowledged_is_kept),
];

/// Asks about what is new; the names of the laws that are broken, with the story of each.
pub fn check(facts: &Facts) -> Vec<(&'static str, Broken)> {
    broken_of(LAWS, facts)
}

/// Asks about the whole.
pub fn check_in_the_end(facts: &Facts) -> Vec<(&'static str, Broken)> {
    broken_of(IN_THE_END, facts)
}

fn broken_of(laws: &[Law], facts: &Facts) -> Vec<(&'static str, Broken)> {
    laws.iter().filter_map(|(name, law)| Some((*name, law(facts).err()?))).collect()
}

/// A law is broken in the story of this instance, at this time.
pub fn broken(
    facts: &Facts,
    id: InstanceId,
    at: Duration,
    said: impl std::fmt::Display,
) -> Result<(), Broken> {
    let story = facts.story(id, at);
    Err(format!("{id} at {:.5}: {said}\n{story}", at.as_secs_f64()))
}
