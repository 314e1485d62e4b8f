//! Which address is answered by what: one list, of which the description of the interface is made
//! too.

use actix_web::body::BoxBody;
use actix_web::dev::{HttpServiceFactory, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpRequest, HttpResponse, ResponseError, Route, web};

use super::api::{
    description, events, explain, holds, hosts, incidents, instances, policies, probes, reload,
    status, stream, supervision,
};
use super::openapi::Operation;
use super::problem::Problem;
use super::query::not_found;
use super::state::Shared;
use super::{deadline, gate, page};

/// The groups that the operations are in, with what each is about.
pub(super) const GROUPS: &[(&str, &str)] = &[
    ("service", "The service itself: whether it lives, how it is, what it counts."),
    ("hosts", "Hypervisor hosts, their domains, and their maintenance."),
    ("instances", "Instances: what they are supposed to be, and what they are."),
    ("incidents", "Incidents, and the story of each."),
    ("events", "The audit log."),
    ("policies", "What is done about which state."),
    ("page", "The dashboard, for browsers."),
];

/// Lists the operations: in each group, of each module of handlers, these. A handler that is not
/// annotated with its path, its method and its answers does not compile here.
macro_rules! operations {
    ( $( $group:literal: $( $module:ident { $($handler:ident),+ } )+ )+ ) => {
        /// Everything that is answered. Of two paths that fit, the first counts.
        pub(super) fn operations() -> Vec<Operation> {
            vec![ $( $( $(
                pastey::paste! {
                    Operation::new::<$module::[<__path_ $handler>], _, _>(
                        $group,
                        stringify!([<$module _ $handler>]),
                        $module::$handler,
                    )
                },
            )+ )+ )+ ]
        }
    };
}

operations! {
    "page": page { index, asset }
    "service":
        probes { healthz, readyz, metrics }
        status { status }
        supervision { tree }
        reload { reload }
        description { openapi }
    "hosts": hosts { list, one, adopt, maintain, resume }
    "instances":
        instances { list, add, one, change, forget, desire, retry }
        holds { hold, release }
    "incidents": incidents { list, one }
    "events": events { list } stream { stream }
    "policies": policies { list } explain { explain }
}

/// The application of one worker.
pub(super) fn app(
    shared: web::Data<Shared>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(shared)
        .configure(routes)
        .default_service(web::to(nothing_here))
        // Not the event stream, which says that it is sent as it is.
        .wrap(Compress::default())
        .wrap(from_fn(gate::pass))
}

fn routes(app: &mut web::ServiceConfig) {
    let mut paths: Vec<At> = Vec::new();
    for operation in operations() {
        match paths.iter_mut().find(|at| at.path == operation.path) {
            Some(at) => at.routes.extend(operation.routes),
            None => paths.push(At { path: operation.path, routes: operation.routes }),
        }
    }
    // Each path with a name in it costs all that come after it.
    paths.sort_by_key(|at| at.path.contains('{'));
    for at in paths {
        app.service(at.resource());
    }
}

async fn nothing_here(request: HttpRequest) -> HttpResponse {
    not_found("page", request.path()).error_response()
}

/// A path with its methods; every other method is a problem that names these.
struct At {
    path: String,
    routes: Vec<(Method, Route)>,
}

impl At {
    fn resource(self) -> impl HttpServiceFactory + 'static {
        let mut resource = web::resource(self.path);
        let mut allowed = Vec::new();
        for (method, route) in self.routes {
            resource = resource.route(route);
            allowed.push(method.to_string());
        }
        let allowed = allowed.join(", ");
        let other = move |request: HttpRequest| {
            let problem = Problem::method(request.method().as_str(), &allowed);
            std::future::ready(problem.error_response())
        };
        resource.default_service(web::to(other)).wrap(from_fn(deadline::keep))
    }
}
