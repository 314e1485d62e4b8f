//! Parameters that several operations have. Filters describe themselves, where they are read.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Ref, RefOr, Required, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::limits::{Cursor, Limit};
use crate::http::gate::LONGEST_ID;
use crate::model::{HostId, IncidentId, InstanceId};

/// The pages of a list.
pub(in crate::http) struct Paging;
/// The path names a host.
pub(in crate::http) struct ThisHost;
/// The path names an instance.
pub(in crate::http) struct ThisInstance;
/// The path names an incident.
pub(in crate::http) struct ThisIncident;

macro_rules! parameters {
    ( $( $name:ident = [ $( $parameter:expr ),+ ]; )+ ) => { $(
        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![ $( $parameter ),+ ]
            }
        }
    )+ };
}

parameters! {
    Paging = [
        query::<Limit>("limit", "How many items the page has at most."),
        query::<Cursor>("cursor", "The `next` of the page before.")
    ];
    ThisHost = [ named::<HostId>("The host's name in the configuration.") ];
    ThisInstance = [ named::<InstanceId>("The UUID of the instance's domain.") ];
    ThisIncident = [ named::<IncidentId>("The incident's number.") ];
}

/// The header that every operation takes.
pub(super) fn request_id() -> Parameter {
    let text = format!(
        "What the request is called in the log and in the answer: 1 to {LONGEST_ID} visible ASCII \
         characters. Another, or none, is replaced by a new one."
    );
    optional(ParameterIn::Header, "X-Request-Id", &text, String::schema())
}

fn query<T: ToSchema>(name: &str, what: &str) -> Parameter {
    optional(ParameterIn::Query, name, what, named_schema::<T>())
}

fn named<T: ToSchema>(what: &str) -> Parameter {
    ParameterBuilder::from(optional(ParameterIn::Path, "id", what, named_schema::<T>()))
        .required(Required::True)
        .build()
}

fn named_schema<T: ToSchema>() -> RefOr<Schema> {
    Ref::from_schema_name(T::name()).into()
}

fn optional(place: ParameterIn, name: &str, what: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(what))
        .schema(Some(schema))
        .build()
}
