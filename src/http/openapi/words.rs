//! Schemas of the words that the interface knows. The words are those of the closed enums, read off
//! them: none is written here.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::http::api::{ORDERS, STATES};
use crate::http::body::Asked;
use crate::http::listing::{SORTS, Sort};
use crate::model::{
    Action, Condition, DesiredState, EventKind, HostState, OnCrash, Resolution, Severity, Source,
    State, Status,
};
use crate::policy::{Exhausted, Layer};
use crate::store::{IncidentState, Order};
use crate::supervision::ChildState;

/// A text that is one of these.
pub(super) fn one_of(words: impl IntoIterator<Item = impl Into<String>>) -> RefOr<Schema> {
    let words = words.into_iter().map(Into::into);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
}

macro_rules! words {
    ( $( $name:ident = $words:expr; )+ ) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    one_of($words)
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )+

        /// All of them, by name.
        pub(super) fn all() -> Vec<(String, RefOr<Schema>)> {
            vec![ $( ($name::name().into_owned(), $name::schema()), )+ ]
        }
    };
}

words! {
    Action = Action::ALL.iter().map(|word| word.as_str());
    Asked = asked();
    ChildState = ChildState::ALL.iter().map(|word| word.as_str());
    DesiredState = DesiredState::ALL.iter().map(|word| word.as_str());
    EventKind = EventKind::ALL.iter().map(|word| word.as_str());
    Exhausted = Exhausted::ALL.iter().map(|word| word.as_str());
    HostState = HostState::ALL.iter().map(|word| word.as_str());
    IncidentState = STATES.iter().map(|(word, _)| *word);
    Layer = Layer::ALL.iter().map(|word| word.as_str());
    OnCrash = OnCrash::ALL.iter().map(|word| word.as_str());
    Order = ORDERS.iter().map(|(word, _)| *word);
    Resolution = Resolution::ALL.iter().map(|word| word.as_str());
    Severity = Severity::ALL.iter().map(|word| word.as_str());
    Sort = SORTS.iter().map(|(word, _)| *word);
    Source = Source::ALL.iter().map(|word| word.as_str());
    State = State::ALL.iter().map(|word| word.as_str());
    Status = Status::ALL.iter().map(|word| word.as_str());
}

/// Every state, and every state with each of its reasons.
fn asked() -> impl Iterator<Item = String> {
    let states = State::ALL.iter().map(State::to_string);
    // What has no reason is among the states.
    let with_reasons = Condition::ALL.iter().filter(|seen| seen.reason().is_some());
    states.chain(with_reasons.map(Condition::to_string))
}
