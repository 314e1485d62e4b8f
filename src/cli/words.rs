//! How single arguments are read: words of closed sets, lengths of time, and moments. What is wrong
//! with one is said before anybody is asked, and shells can complete what there is to choose from.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;

/// One of the words of a closed set.
pub(super) fn word<T>(
    all: &'static [T],
    word: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T>
where
    T: Copy + FromStr + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.iter().map(|value| word(*value)))
        .try_map(|word| word.parse::<T>())
}

/// A length of time within these limits.
pub(super) fn within(
    range: RangeInclusive<Duration>,
) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |text| {
        let (least, most) = (range.start(), range.end());
        let say = humantime::format_duration;
        let limits =
            format!("it must be from {} to {}, such as 10s or 5m", say(*least), say(*most));
        match humantime::parse_duration(text) {
            Ok(length) if range.contains(&length) => Ok(length),
            Ok(_) => Err(limits),
            Err(error) => Err(format!("{error}; {limits}")),
        }
    }
}

/// A moment: a time, or how long ago it was.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let ago =
        humantime::parse_duration(text).ok().and_then(|ago| SignedDuration::try_from(ago).ok());
    ago.and_then(|ago| Clock::system().now().checked_sub(ago).ok()).ok_or_else(|| {
        "it must be a time, such as 2026-11-23T06:00:00Z, or how long ago that was, such as 2h"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_how_long_ago_it_was() {
        let fixed: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
        assert_eq!(moment("2026-11-23T06:00:00Z"), Ok(fixed));
        assert_eq!(moment("2026-11-23T07:00:00+01:00"), Ok(fixed));
        let ago = Clock::system().now().duration_since(moment("2h").unwrap());
        assert!((7190..7260).contains(&ago.as_secs()), "{ago}");
        for wrong in ["yesterday", "", "-2h", "2"] {
            assert!(moment(wrong).unwrap_err().contains("such as 2h"), "{wrong}");
        }
    }

    #[test]
    fn lengths_have_limits_that_are_said() {
        let length = within(Duration::from_secs(1)..=Duration::from_secs(60));
        assert_eq!(length("1m"), Ok(Duration::from_secs(60)));
        assert_eq!(length("2m").unwrap_err(), "it must be from 1s to 1m, such as 10s or 5m");
        assert!(
            length("10").unwrap_err().ends_with("; it must be from 1s to 1m, such as 10s or 5m")
        );
    }
}
