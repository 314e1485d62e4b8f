//! Reads the steps of a scenario.

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeValue;

use super::deed::{ApiDeed, Deed, ServiceDeed, WorldDeed};
use super::expect::{Expect, Life, OfEvents, OfFleet, OfInstance};
use super::file::{Again, Step, Written};
use super::read::{Reader, Table, Value};
use super::span::Span;
use super::words::variants;

/// What a step says besides its deeds and expectations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepLine {
    at: Span,
    every: Option<Span>,
    times: Option<u32>,
    within: Option<Span>,
}

/// What an expectation can begin with.
const EXPECTATIONS: &str = "instance, host, fleet, events, service";

/// Reads them all, and checks that they are in the order of time.
pub(super) fn read<'a>(reader: &mut Reader<'a>, values: Vec<Value<'a>>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (number, value) in values.into_iter().enumerate() {
        let place = format!("steps[{number}]");
        let span = value.span();
        let Some(step) = step(reader, value, &place) else { continue };
        if let Some(before) = steps.last()
            && step.at < before.at
        {
            let message = format!(
                "is at {}, before the one above it ({}): put the steps in the order of time",
                Span(step.at),
                Span(before.at)
            );
            reader.reject(Some(span), &place, &message);
        }
        steps.push(step);
    }
    steps
}

fn step<'a>(reader: &mut Reader<'a>, value: Value<'a>, place: &str) -> Option<Step> {
    let span = value.span();
    let DeValue::Table(mut table) = value.into_inner() else {
        reader.reject(Some(span), place, "must be a table with `at`, and `do` or `expect`");
        return None;
    };
    let deeds = table.remove("do").map(one_or_many).unwrap_or_default();
    let expects = table.remove("expect").map(one_or_many).unwrap_or_default();
    if deeds.is_empty() && expects.is_empty() {
        let message = "has neither `do` nor `expect`: say what happens, or what is to be seen";
        reader.reject(Some(span.clone()), place, message);
    }
    let do_place = format!("{place}.do");
    let deeds: Vec<Written<Deed>> = deeds
        .into_iter()
        .filter_map(|value| {
            let text = reader.words(&value);
            Some(Written { text, means: deed(reader, value, &do_place)? })
        })
        .collect();
    let expect_place = format!("{place}.expect");
    let expects: Vec<Written<Expect>> = expects
        .into_iter()
        .filter_map(|value| {
            let text = reader.words(&value);
            Some(Written { text, means: expect(reader, value, &expect_place)? })
        })
        .collect();
    let line: StepLine = reader.part(Spanned::new(span.clone(), DeValue::Table(table)), place)?;
    let again = match (line.every, line.times) {
        (Some(every), Some(times)) if times > 0 && !every.0.is_zero() => {
            Some(Again { every: every.0, times })
        }
        (None, None) => None,
        (Some(_), Some(_)) => {
            reader.reject(Some(span), place, "`every` and `times` must be more than nothing");
            None
        }
        (Some(_), None) | (None, Some(_)) => {
            let message = "`every` and `times` belong together: give both, or none";
            reader.reject(Some(span), place, message);
            None
        }
    };
    let place = place.to_owned();
    let within = line.within.map(|within| within.0);
    Some(Step { place, at: line.at.0, again, deeds, expects, within })
}

fn one_or_many(value: Value<'_>) -> Vec<Value<'_>> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Array(values) => values.into_iter().collect(),
        one @ (DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Table(_)) => vec![Spanned::new(span, one)],
    }
}

/// Reads a deed. Those without anything to say of them may stand as a word.
fn deed<'a>(reader: &mut Reader<'a>, value: Value<'a>, place: &str) -> Option<Deed> {
    let value = under_its_word(value);
    let word = match value.get_ref() {
        DeValue::String(word) => word.to_string(),
        DeValue::Table(table) => match (table.len(), table.keys().next()) {
            (1, Some(word)) => word.get_ref().to_string(),
            (_, _) => {
                let message = "must be one deed, such as { destroy = \"web-1\" }; for several \
                               write a list of them";
                reader.reject(Some(value.span()), place, message);
                return None;
            }
        },
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => {
            let message = "must be a deed, such as { destroy = \"web-1\" }";
            reader.reject(Some(value.span()), place, message);
            return None;
        }
    };
    let place = format!("{place}.{word}");
    let (world, service, api) =
        (variants::<WorldDeed>(), variants::<ServiceDeed>(), variants::<ApiDeed>());
    if world.contains(&word.as_str()) {
        reader.part(value, &place).map(Deed::World)
    } else if service.contains(&word.as_str()) {
        reader.part(value, &place).map(Deed::Service)
    } else if api.contains(&word.as_str()) {
        reader.part(value, &place).map(Deed::Api)
    } else {
        let known = [world, service, api].concat().join(", ");
        let message = format!("is no known deed; known are: {known}");
        reader.reject(Some(value.span()), &place, &message);
        None
    }
}

/// A deed that is written with its host first, as the others are: with all that it says under its
/// word.
fn under_its_word(value: Value<'_>) -> Value<'_> {
    let span = value.span();
    let mut inner = match value.into_inner() {
        DeValue::Table(table) => table,
        other @ (DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)) => return Spanned::new(span, other),
    };
    let word = ApiDeed::HOST_FIRST.iter().copied().find(|word| inner.contains_key(*word));
    let Some((word, host)) = word.and_then(|word| Some((word, inner.remove(word)?))) else {
        return Spanned::new(span, DeValue::Table(inner));
    };
    let key = |word: &'static str| Spanned::new(host.span(), word.into());
    let (outer_key, host_key) = (key(word), key("host"));
    inner.insert(host_key, host);
    let mut outer = Table::new();
    outer.insert(outer_key, Spanned::new(span.clone(), DeValue::Table(inner)));
    Spanned::new(span, DeValue::Table(outer))
}

/// What stands under the one key of an expectation.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Named {
    Fleet(OfFleet),
    Events(OfEvents),
    Service(Life),
}

fn expect<'a>(reader: &mut Reader<'a>, value: Value<'a>, place: &str) -> Option<Expect> {
    let span = value.span();
    let DeValue::Table(table) = value.get_ref() else {
        let message = "must be a table, such as { instance = \"web-1\", status = \"in_sync\" }";
        reader.reject(Some(span), place, message);
        return None;
    };
    let has = |key: &str| table.contains_key(key);
    if has("instance") {
        return reader.part::<OfInstance>(value, place).map(|it| Expect::Instance(Box::new(it)));
    }
    if has("host") {
        return reader.part(value, place).map(Expect::Host);
    }
    if !["fleet", "events", "service"].into_iter().any(has) {
        let message = format!("says nothing that is known; it begins with one of: {EXPECTATIONS}");
        reader.reject(Some(span), place, &message);
        return None;
    }
    Some(match reader.part::<Named>(value, place)? {
        Named::Fleet(fleet) => Expect::Fleet(fleet),
        Named::Events(events) => Expect::Events(events),
        Named::Service(life) => Expect::Service(life),
    })
}
