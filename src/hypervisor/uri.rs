//! Hosts' URIs: checked before they are used, shown without their passwords, and made fit for a
//! service: nobody is there to answer a question.

use std::fmt::Write as _;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use url::Url;

/// What stands for a password.
const HIDDEN: &str = "***";

/// The drivers that libvirt has, as the part of a URI's scheme before the `+`
/// (<https://libvirt.org/drivers.html>).
const DRIVERS: &[&str] = &[
    "qemu",
    "test",
    "xen",
    "lxc",
    "ch",
    "bhyve",
    "vz",
    "openvz",
    "vbox",
    "esx",
    "gsx",
    "vpx",
    "vmwareplayer",
    "vmwarews",
    "vmwarefusion",
    "hyperv",
];

/// The ways to a remote daemon, as the part of a URI's scheme after the `+`
/// (<https://libvirt.org/remote.html>).
const TRANSPORTS: &[&str] = &["unix", "tcp", "tls", "ssh", "libssh", "libssh2", "ext"];

/// Checks a libvirt URI as far as that can be done without connecting.
///
/// # Errors
/// One sentence that says what is wrong with it and what would be right. It contains no password.
pub fn check_uri(uri: &str) -> Result<(), String> {
    let shown = redact_refused(uri);
    if uri.chars().any(char::is_control) {
        return Err("a host's URI contains a control character".to_owned());
    }
    let parsed = Url::parse(uri)
        .map_err(|why| format!("`{shown}` is not a URI ({why}); one is `qemu:///system`"))?;
    let (driver, transport) = match parsed.scheme().split_once('+') {
        Some((driver, transport)) => (driver, Some(transport)),
        None => (parsed.scheme(), None),
    };
    one_of(driver, DRIVERS).map_err(|known| {
        format!(
            "`{shown}` names the driver `{driver}`, which libvirt does not have; it has {known}"
        )
    })?;
    if let Some(transport) = transport {
        one_of(transport, TRANSPORTS).map_err(|known| {
            format!("`{shown}` names the transport `{transport}`; libvirt has {known}")
        })?;
    }
    if parsed.cannot_be_a_base() || !uri.contains("://") {
        return Err(format!("`{shown}` lacks its `//`; write it like `{driver}:///system`"));
    }
    let has_host = parsed.host_str().is_some_and(|host| !host.is_empty());
    match transport {
        Some("unix") if has_host => {
            return Err(format!(
                "`{shown}` names a machine, but the transport `unix` stays on this one; use `tcp`, \
                 `tls` or `ssh`, or three slashes"
            ));
        }
        Some("ext") if !parsed.query_pairs().any(|(key, _)| key == "command") => {
            return Err(format!("`{shown}` uses the transport `ext`, which needs `?command=`"));
        }
        Some(_) | None => {}
    }
    match (driver, parsed.path()) {
        ("qemu", "/system" | "/session" | "/embed") => Ok(()),
        ("qemu", _) => Err(format!("`{shown}` must end in `/system` or `/session`")),
        ("test", "" | "/") => {
            Err(format!("`{shown}` must end in `/default` or in the path of a file"))
        }
        (_, _) => Ok(()),
    }
}

/// The URI without its password: `qemu+tcp://user:***@host/system`. One that has none is unchanged,
/// letter by letter; one that cannot be parsed is treated the same way, by its text.
#[must_use]
pub fn redact(uri: &str) -> String {
    match password(uri) {
        Some(place) => format!("{}{HIDDEN}{}", &uri[..place.start], &uri[place.end..]),
        None => uri.to_owned(),
    }
}

/// The same for a URI that is refused: what looks like a part of the path may be the rest of a
/// password with an unescaped `/`, so all is hidden up to the last `@`.
fn redact_refused(uri: &str) -> String {
    let scheme = uri.find(':');
    match scheme.and_then(|colon| password_in(uri, colon + 1..uri.len())) {
        Some(place) => format!("{}{HIDDEN}{}", &uri[..place.start], &uri[place.end..]),
        None => uri.to_owned(),
    }
}

/// Whether the URI has a parameter of this name.
#[must_use]
pub fn has_parameter(uri: &str, name: &str) -> bool {
    parameters(uri).any(|parameter| name_of(parameter) == name)
}

/// How a URI is reached, as the part of its scheme after the `+`; none for a driver that has no way
/// of its own named.
pub(super) fn transport(uri: &str) -> Option<&str> {
    uri.split_once("://")?.0.split_once('+').map(|(_, transport)| transport)
}

/// The URI as libvirt gets it: without a password, which libvirt reads from files only and would
/// hand to `ssh` as a part of the user's name, for all to see in the list of processes; with `ssh`
/// told to ask nobody; and with the file that has the user and the password.
#[must_use]
pub(crate) fn for_libvirt(uri: &str, credentials: Option<&Path>) -> String {
    let mut bare = uri.to_owned();
    if let Some(place) = password(uri) {
        bare.replace_range(place.start - 1..place.end, "");
    }
    let is_ssh = transport(uri) == Some("ssh");
    let mut kept: Vec<_> = parameters(&bare)
        .filter(|p| !(is_ssh && name_of(p) == "no_tty"))
        .map(str::to_owned)
        .collect();
    if is_ssh {
        kept.push("no_tty=1".to_owned());
    }
    if let Some(path) = credentials {
        kept.push(format!("authfile={}", encoded(path)));
    }
    let (place, _) = bare.split_once('?').unwrap_or((&bare, ""));
    if kept.is_empty() { place.to_owned() } else { format!("{place}?{}", kept.join("&")) }
}

fn parameters(uri: &str) -> impl Iterator<Item = &str> {
    let query = uri.split_once('?').map_or("", |(_, query)| query);
    query.split(['&', ';']).filter(|parameter| !parameter.is_empty())
}

fn name_of(parameter: &str) -> &str {
    parameter.split_once('=').map_or(parameter, |(name, _)| name)
}

/// A path as the value of a parameter.
fn encoded(path: &Path) -> String {
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut text, &byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                text.push(byte.into());
            }
            // Writing to a string cannot fail.
            _ => drop(write!(text, "%{byte:02X}")),
        }
        text
    })
}

/// A text that may repeat a URI, or its password alone, without that password.
#[must_use]
pub(super) fn redact_in(text: &str, uri: &str) -> String {
    let Some(place) = password(uri) else { return text.to_owned() };
    let secret = &uri[place];
    let text = text.replace(uri, &redact(uri)).replace(secret, HIDDEN);
    match Url::parse(uri).ok().and_then(|parsed| parsed.password().map(str::to_owned)) {
        Some(encoded) if encoded != HIDDEN => text.replace(&encoded, HIDDEN),
        Some(_) | None => text,
    }
}

/// Where the password stands in a URI's text, if it has one that is not empty. By the text, not by
/// a parser: what a parser rejects, or would write differently, must not be shown either.
fn password(uri: &str) -> Option<Range<usize>> {
    let start = uri.find("://")? + 3;
    let end = uri[start..].find(['/', '?', '#']).map_or(uri.len(), |length| start + length);
    password_in(uri, start..end)
}

fn password_in(uri: &str, Range { start, end }: Range<usize>) -> Option<Range<usize>> {
    // The last `@` counts: a password with an unescaped `@` is wrong, but still secret.
    let at = start + uri[start..end].rfind('@')?;
    let colon = start + uri[start..at].find(':')?;
    (colon + 1 < at).then_some(colon + 1..at)
}

fn one_of(word: &str, known: &[&str]) -> Result<(), String> {
    if known.contains(&word) { Ok(()) } else { Err(known.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_told_without_any_part_of_a_password() {
        for uri in [
            "qemu+ssh://root:hush/hush@kvm-1/system",
            "qemu+ssh://root:12/hush@kvm-1/system",
            "qemu+tls://root:hush?hush@kvm-1/system",
            "qemu+tls://root:#hush@kvm-1/system",
            "qemu+tcp://root:hush@kvm-1/elsewhere:hush@kvm-2",
            "qemu:root:hush@kvm-1/system",
            "ws:root:hush@kvm-1/?to=test://",
            "nothing://root:hush@kvm-1/system",
        ] {
            let why = check_uri(uri).unwrap_err();
            assert!(!why.contains("hush") && why.contains(":***@kvm-"), "{why}");
        }
        let why = check_uri("qemu+tls://kvm-1/elsewhere").unwrap_err();
        assert!(why.contains("`qemu+tls://kvm-1/elsewhere`"), "{why}");
    }

    #[test]
    fn passwords_are_hidden_and_all_else_survives() {
        for (uri, shown) in [
            ("qemu+tcp://anna:s3cret@kvm-1:16509/system", "qemu+tcp://anna:***@kvm-1:16509/system"),
            ("qemu+ssh://anna@kvm-1/system", "qemu+ssh://anna@kvm-1/system"),
            ("qemu+tcp://anna:@kvm-1/system", "qemu+tcp://anna:@kvm-1/system"),
            ("qemu+tcp://a:p@ss@h/system", "qemu+tcp://a:***@h/system"),
            (
                "qemu+tcp://a:p%40ss@[::1]:1/system?x=a:b@c",
                "qemu+tcp://a:***@[::1]:1/system?x=a:b@c",
            ),
            ("qemu+tcp://a:b c@h o/system", "qemu+tcp://a:***@h o/system"),
            (
                "qemu+unix:///system?socket=/run/lab/a/libvirt-sock",
                "qemu+unix:///system?socket=/run/lab/a/libvirt-sock",
            ),
            ("test:///default", "test:///default"),
            ("not a uri", "not a uri"),
            ("", ""),
        ] {
            assert_eq!(redact(uri), shown);
        }
    }

    #[test]
    fn a_message_that_repeats_the_uri_tells_no_password() {
        let uri = "qemu+tcp://anna:s3cret@kvm-1/system";
        let said = redact_in("no driver for qemu+tcp://anna:s3cret@kvm-1/system (s3cret)", uri);
        assert_eq!(said, "no driver for qemu+tcp://anna:***@kvm-1/system (***)");
    }

    #[test]
    fn libvirt_gets_no_password_and_nobody_is_asked() {
        let file = Some(Path::new("/etc/assured/kvm 1&.auth"));
        for (uri, credentials, given) in [
            ("qemu:///system", None, "qemu:///system"),
            ("qemu+tcp://anna:s3cret@kvm-1/system", None, "qemu+tcp://anna@kvm-1/system"),
            (
                "qemu+tls://kvm-1/system?pkipath=/a",
                file,
                "qemu+tls://kvm-1/system?pkipath=/a&authfile=/etc/assured/kvm%201%26.auth",
            ),
            (
                "qemu+ssh://anna:s3cret@kvm-1:22/system",
                None,
                "qemu+ssh://anna@kvm-1:22/system?no_tty=1",
            ),
            (
                "qemu+ssh://kvm-1/system?no_tty=0&keyfile=/k;no_verify=1",
                None,
                "qemu+ssh://kvm-1/system?keyfile=/k&no_verify=1&no_tty=1",
            ),
        ] {
            assert_eq!(for_libvirt(uri, credentials), given);
        }
        assert!(has_parameter("qemu+tcp://a/system?x=1&authfile=/a", "authfile"));
        assert!(!has_parameter("qemu+tcp://authfile/system?x=authfile", "authfile"));
    }

    #[test]
    fn good_uris_pass() {
        for uri in [
            "qemu:///system",
            "qemu:///session",
            "qemu+unix:///system?socket=/run/lab/a/libvirt-sock",
            "qemu+tcp://10.0.0.7/system",
            "qemu+tls://kvm-1.example.org:16514/system?pkipath=/etc/pki/libvirt",
            "qemu+ssh://root@kvm-1/system?keyfile=/etc/assured/id",
            "qemu+ext:///system?command=/usr/bin/reach",
            "test:///default",
            "test+unix:///default?socket=/run/lab/a/libvirt-sock",
            "xen:///system",
        ] {
            assert_eq!(check_uri(uri), Ok(()), "{uri}");
        }
    }

    #[test]
    fn bad_uris_are_told_apart() {
        for (uri, word) in [
            ("", "not a URI"),
            ("kvm-1", "not a URI"),
            ("qemu:/system", "//"),
            ("qemu:system", "//"),
            ("quemu:///system", "driver `quemu`"),
            ("http://kvm-1/", "driver `http`"),
            ("qemu+udp://kvm-1/system", "transport `udp`"),
            ("qemu+unix://kvm-1/system", "three slashes"),
            ("qemu+ext:///system", "command="),
            ("qemu:///", "/system"),
            ("qemu:///sytem", "/system"),
            ("qemu+tcp://kvm-1", "/system"),
            ("test:///", "/default"),
            ("qemu:///system\0", "control"),
            ("qemu+tcp://kvm-1:port/system", "not a URI"),
        ] {
            let error = check_uri(uri).expect_err(uri);
            assert!(error.contains(word), "{uri}: {error}");
        }
        let error = check_uri("qemu+tcp://anna:s3cret@kvm-1/oops").unwrap_err();
        assert!(!error.contains("s3cret"), "{error}");
    }
}
