//! Which address is answered by what.

use actix_web::body::BoxBody;
use actix_web::dev::{HttpServiceFactory, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{
    App, FromRequest, Handler, HttpRequest, HttpResponse, Resource, Responder, ResponseError,
    Route, web,
};

use super::problem::Problem;
use super::query::not_found;
use super::state::Shared;
use super::{api, deadline, gate, page};

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
    use api::{
        events, explain, holds, hosts, incidents, instances, policies, probes, reload, status,
        stream, supervision,
    };
    // In order of what is asked for most: each path with a name in it costs all that come after it.
    app.service(At::new("/").get(page::index).done())
        .service(At::new("/healthz").get(probes::healthz).done())
        .service(At::new("/readyz").get(probes::readyz).done())
        .service(At::new("/metrics").get(probes::metrics).done())
        .service(At::new("/api/v1/status").get(status::status).done())
        .service(At::new("/api/v1/instances").get(instances::list).post(instances::add).done())
        .service(At::new("/api/v1/hosts").get(hosts::list).done())
        .service(At::new("/api/v1/hosts/{id}").get(hosts::one).done())
        .service(At::new("/api/v1/hosts/{id}/adopt").post(hosts::adopt).done())
        .service(
            At::new("/api/v1/hosts/{id}/maintenance")
                .put(hosts::maintain)
                .delete(hosts::resume)
                .done(),
        )
        .service(
            At::new("/api/v1/instances/{id}")
                .get(instances::one)
                .patch(instances::change)
                .delete(instances::forget)
                .done(),
        )
        .service(At::new("/api/v1/instances/{id}/desired").put(instances::desire).done())
        .service(
            At::new("/api/v1/instances/{id}/hold").put(holds::hold).delete(holds::release).done(),
        )
        .service(At::new("/api/v1/instances/{id}/retry").post(instances::retry).done())
        .service(At::new("/api/v1/incidents").get(incidents::list).done())
        .service(At::new("/api/v1/incidents/{id}").get(incidents::one).done())
        .service(At::new("/api/v1/events").get(events::list).done())
        .service(At::new("/api/v1/events/stream").get(stream::stream).done())
        .service(At::new("/api/v1/policies").get(policies::list).done())
        .service(At::new("/api/v1/policies/explain").post(explain::explain).done())
        .service(At::new("/api/v1/reload").post(reload::reload).done())
        .service(At::new("/api/v1/supervision").get(supervision::tree).done())
        .service(At::new("/assets/{file}").get(page::asset).done());
}

async fn nothing_here(request: HttpRequest) -> HttpResponse {
    not_found("page", request.path()).error_response()
}

/// A path with its methods; every other method is a problem that names these.
struct At {
    resource: Resource,
    allowed: Vec<&'static str>,
}

impl At {
    fn new(path: &str) -> Self {
        Self { resource: web::resource(path), allowed: Vec::new() }
    }

    fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("GET", web::get(), handler.clone()).add("HEAD", web::head(), handler)
    }

    fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("POST", web::post(), handler)
    }

    fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("PUT", web::put(), handler)
    }

    fn patch<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("PATCH", web::patch(), handler)
    }

    fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add("DELETE", web::delete(), handler)
    }

    fn add<F, Args>(mut self, method: &'static str, route: Route, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.allowed.push(method);
        Self { resource: self.resource.route(route.to(handler)), allowed: self.allowed }
    }

    fn done(self) -> impl HttpServiceFactory + 'static {
        let allowed = self.allowed.join(", ");
        let other = move |request: HttpRequest| {
            let problem = Problem::method(request.method().as_str(), &allowed);
            std::future::ready(problem.error_response())
        };
        self.resource.default_service(web::to(other)).wrap(from_fn(deadline::keep))
    }
}
