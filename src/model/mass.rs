//! When so much goes down at once that it is the host's doing, or not true at all.

/// How many of a host's instances have to be gone at once for that to be a matter of the host's
/// (N12).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MassChange {
    /// At least so many: 1 or more.
    pub at_least: usize,
    /// And at least this share of those that were active before: 0 to 1.
    pub share: f64,
}

impl MassChange {
    /// Whether `gone` of `active_before` are that many.
    #[must_use]
    pub fn is_met(self, active_before: usize, gone: usize) -> bool {
        #[allow(clippy::cast_precision_loss)] // instances of one host
        let needed = self.share * active_before as f64;
        #[allow(clippy::cast_precision_loss)]
        let enough = gone as f64 >= needed;
        gone >= self.at_least.max(1) && enough
    }
}

impl Default for MassChange {
    fn default() -> Self {
        Self { at_least: 5, share: 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_both_the_number_and_the_share() {
        let mass = MassChange::default();
        for (before, gone, expected) in [
            (5, 5, true),
            (10, 5, true),
            (11, 5, false),
            (4, 4, false),
            (100, 49, false),
            (0, 0, false),
        ] {
            assert_eq!(mass.is_met(before, gone), expected, "{gone} of {before}");
        }
    }

    #[test]
    fn nothing_gone_is_never_much() {
        assert!(!MassChange { at_least: 0, share: 0.0 }.is_met(10, 0));
    }
}
