//! `[[http.tokens]]`.

use assured::model::Role;

use super::read;

const HASH: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

#[test]
fn tokens_are_read_and_open_other_addresses() {
    let text = format!(
        "[http]\nlisten = '0.0.0.0:8420'\n[[http.tokens]]\nname = 'grafana'\nrole = 'viewer'\n\
         sha256 = '{HASH}'\n"
    );
    let http = read(&text).unwrap().http;
    assert_eq!((http.tokens[0].name.as_str(), http.tokens[0].role), ("grafana", Role::Viewer));
    assert_eq!(http.tokens[0].sha256[..2], [0x2c, 0x26]);
    assert!(!format!("{http:?}").contains("2c26"));
}

#[test]
fn what_is_wrong_with_a_token_is_said_at_its_key() {
    let token = |name: &str, role: &str, hash: &str| {
        format!("[[http.tokens]]\nname = '{name}'\nrole = '{role}'\nsha256 = '{hash}'\n")
    };
    let other = HASH.replace('2', "3");
    for (text, key, words) in [
        (token("", "viewer", HASH), "http.tokens[0].name", "1 to 64 characters"),
        (token("local", "viewer", HASH), "http.tokens[0].name", "must not be \"local\""),
        (token("a b", "viewer", HASH), "http.tokens[0].name", "1 to 64 characters"),
        (token("a", "admin", HASH), "http.tokens[0].role", "viewer"),
        (token("a", "viewer", "abc"), "http.tokens[0].sha256", "64 hexadecimal digits"),
        (
            token("a", "viewer", HASH) + &token("a", "viewer", &other),
            "http.tokens[1].name",
            "another token's name",
        ),
        (
            token("a", "viewer", HASH) + &token("b", "viewer", HASH),
            "http.tokens[1].sha256",
            "another token's already",
        ),
        ("[http]\ntokens = []\nlisten = '0.0.0.0:1'".to_owned(), "http.listen", "elsewhere"),
    ] {
        let errors = read(&text).unwrap_err().to_vec();
        let [error] = errors.as_slice() else { panic!("{text}: {errors:?}") };
        assert_eq!(error.key, key, "{text}");
        assert!(error.message.contains(words), "{}", error.message);
    }
}

#[test]
fn tokens_are_taken_over_but_not_the_first_and_not_the_last() {
    let with = |name: &str| {
        read(&format!("[[http.tokens]]\nname = '{name}'\nrole = 'viewer'\nsha256 = '{HASH}'\n"))
            .unwrap()
    };
    let (next, waiting) = with("a").succeeded_by(with("b"));
    assert_eq!((next.http.tokens[0].name.as_str(), waiting), ("b", vec![]));
    let (next, waiting) = with("a").succeeded_by(read("").unwrap());
    assert_eq!((next.http.tokens.len(), waiting), (1, vec!["http.tokens"]));
    let (next, waiting) = read("").unwrap().succeeded_by(with("a"));
    assert_eq!((next.http.tokens.len(), waiting), (0, vec!["http.tokens"]));
}
