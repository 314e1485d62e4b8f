//! Schemas of names, numbers and texts, with the limits that the code holds them against.

use std::borrow::Cow;

use utoipa::openapi::schema::{
    AllOfBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::words::one_of;
use crate::config::NAME;
use crate::http::api::{LONGEST_HOLD, LONGEST_REASON, SHORTEST_HOLD};
use crate::http::body::NewInstance;
use crate::http::problem::Kind;
use crate::http::query::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::model::{Condition, EventId, Generation, HostId, IncidentId, InstanceId};

/// How many items a page has at most.
pub(in crate::http) struct Limit;
/// Where a list goes on.
pub(in crate::http) struct Cursor;
/// The number of the event that a reader has; empty is as good as none.
pub(in crate::http) struct LastEventId;
/// Why somebody does something: one line.
pub(in crate::http) struct Reason;
/// For how long an instance is held.
pub(in crate::http) struct HoldTime;
/// A domain's name.
pub(in crate::http) struct DomainName;
/// A new instance, by its UUID or by its name, not by both.
pub(in crate::http) struct InstanceToAdd;
/// Whose hold it is.
pub(in crate::http) struct Holder;
/// Which comes back first.
pub(in crate::http) struct Priority;
/// libvirt's reason for a state.
pub(in crate::http) struct StateReason;
/// What an instance's generation may be.
pub(in crate::http) struct EntityTags;
/// Which problem it is.
pub(in crate::http) struct ProblemType;

macro_rules! schemas {
    ( $( $name:ident = $schema:expr; )+ ) => {
        $(
            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
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

schemas! {
    Cursor = text().pattern(Some("^([0-9a-f]{2})+$"))
        .description(Some("The `next` of a page of the same list; opaque otherwise."));
    DomainName = text().min_length(Some(1));
    EntityTags = OneOfBuilder::new().item(one_of(["*"])).item(text().pattern(Some(ENTITY_TAGS)));
    EventId = number();
    Generation = number();
    HoldTime = text().min_length(Some(2)).pattern(Some(DURATION)).description(Some(hold_time()));
    Holder = text().pattern(Some("^(api:.*|accept:.*|config|adopt)$"));
    HostId = text().pattern(Some(NAME));
    IncidentId = number();
    InstanceToAdd = instance_to_add();
    InstanceId = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    LastEventId = text().pattern(Some("^(-?[0-9]{1,18})?$"));
    Limit = ObjectBuilder::new().schema_type(Type::Integer)
        .minimum(Some(1)).maximum(Some(MAX_LIMIT)).default(Some(DEFAULT_LIMIT.into()));
    Priority = ObjectBuilder::new().schema_type(Type::Integer)
        .minimum(Some(i64::from(i32::MIN))).maximum(Some(i64::from(i32::MAX)));
    ProblemType = one_of(Kind::ALL.iter().map(|kind| kind.urn()));
    Reason = text().min_length(Some(1)).max_length(Some(LONGEST_REASON))
        .pattern(Some(ONE_LINE))
        .description(Some("One line, without control characters, and not only of spaces."));
    StateReason = one_of(reasons());
}

/// Entity tags with commas between them.
const ENTITY_TAGS: &str = r#"^(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*$"#;

/// A whole number with its unit, some of them one after the other: what is shown of what is taken.
const DURATION: &str = "^[0-9]+ ?(ms|s|m|h|d)( ?[0-9]+ ?(ms|s|m|h|d))*$";

/// Without control characters, and with something that is no space.
const ONE_LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn number() -> ObjectBuilder {
    let int64 = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new().schema_type(Type::Integer).format(Some(int64))
}

fn instance_to_add() -> AllOfBuilder {
    let with = |field: &str| ObjectBuilder::new().required(field);
    AllOfBuilder::new()
        .item(Ref::from_schema_name(NewInstance::name()))
        .item(OneOfBuilder::new().item(with("id")).item(with("name")))
}

fn hold_time() -> String {
    let written = humantime::format_duration;
    let (shortest, longest) = (written(SHORTEST_HOLD), written(LONGEST_HOLD));
    format!("A duration such as `10m` or `1h 30m`, from {shortest} to {longest}.")
}

/// Every reason that some state has, each once.
fn reasons() -> Vec<&'static str> {
    let all = Condition::ALL.iter().filter_map(|seen| seen.reason());
    all.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
