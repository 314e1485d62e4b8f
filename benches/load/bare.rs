//! The floor: a bare actix-web handler for each body, which is of as many bytes as is said.

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

use crate::WORKERS;

/// Serves `/0`, `/1`, … with bodies of these sizes. Says where, and runs until it is killed.
pub(crate) fn run(sizes: &[String]) {
    let bodies: Vec<Bytes> =
        sizes.iter().map(|size| vec![b'x'; size.parse().unwrap()].into()).collect();
    let app = move || {
        let route = |app: App<_>, (number, body): (usize, &Bytes)| {
            let body = body.clone();
            let answer = move || {
                let answer = HttpResponse::Ok().content_type("application/json").body(body.clone());
                std::future::ready(answer)
            };
            app.route(&format!("/{number}"), web::get().to(answer))
        };
        bodies.iter().enumerate().fold(App::new(), route)
    };
    let server = HttpServer::new(app).workers(WORKERS).bind("127.0.0.1:0").unwrap();
    println!("{}", server.addrs()[0]);
    actix_web::rt::System::new().block_on(server.run()).unwrap();
}
