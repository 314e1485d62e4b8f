//! A letter by SMTP.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::courier::SendError;
use super::{MailWay, SmtpSecurity, SmtpServer};

/// What is sent.
pub(super) struct Mail<'a> {
    pub(super) id: &'a str,
    pub(super) at: Timestamp,
    pub(super) subject: &'a str,
    pub(super) text: &'a str,
}

/// Sends it. `timeout` is for all of it: a server that answers a byte at a time gets no more. Blocks.
pub(super) fn send(
    way: &MailWay,
    mail: &Mail<'_>,
    password: Option<String>,
    timeout: Duration,
) -> Result<(), SendError> {
    let message = message(way, mail)?;
    let transport = transport(&way.server, password, timeout)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|why| SendError::NoAnswer(format!("no runtime can be had: {why}")))?;
    let sent =
        runtime.block_on(async { tokio::time::timeout(timeout, transport.send(message)).await });
    // A name that is being looked up is not waited for.
    runtime.shutdown_background();
    match sent {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(SendError::Late(timeout)),
    }
}

fn message(way: &MailWay, mail: &Mail<'_>) -> Result<Message, SendError> {
    let marked = HeaderName::new_from_ascii_str("Auto-Submitted");
    let mut builder = Message::builder()
        .from(way.from.clone())
        .subject(mail.subject)
        .message_id(Some(mail.id.to_owned()))
        .date(SystemTime::from(mail.at))
        .raw_header(HeaderValue::new(marked, "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN);
    for to in &way.to {
        builder = builder.to(to.clone());
    }
    builder.body(mail.text.to_owned()).map_err(|why| SendError::Letter(why.to_string()))
}

fn transport(
    server: &SmtpServer,
    password: Option<String>,
    timeout: Duration,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, SendError> {
    let parameters = || {
        let host = server.host.trim_matches(['[', ']']).to_owned();
        TlsParameters::new(host).map_err(|error| failed(&error))
    };
    let tls = match server.security {
        SmtpSecurity::Plain => Tls::None,
        SmtpSecurity::WhereOffered => Tls::Opportunistic(parameters()?),
        SmtpSecurity::Required => Tls::Required(parameters()?),
        SmtpSecurity::Tls => Tls::Wrapper(parameters()?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
        .port(server.port)
        .tls(tls)
        .timeout(Some(timeout));
    if let (Some((user, _)), Some(password)) = (&server.login, password) {
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    Ok(builder.build())
}

fn failed(error: &lettre::transport::smtp::Error) -> SendError {
    let why = crate::telemetry::whole(error);
    match error.status() {
        Some(code) => SendError::Refused { status: code.into(), said: why },
        None => SendError::NoAnswer(why),
    }
}
