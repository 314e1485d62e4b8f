//! Which columns of a table fit a width.

use unicode_width::UnicodeWidthStr;

use super::{Column, Kind};
use crate::cli::paint::Text;

/// What stands between two columns, and after the last one.
pub(super) const GAP: usize = 2;
/// What is left at least of a column that may be cut.
const PROSE: usize = 16;

/// What is done to make a table fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// The places of the columns that are shown.
    pub(super) columns: Vec<usize>,
    /// Whether even these are too wide, so that what is in them has to go on in a second line.
    pub(super) wraps: bool,
}

/// The columns that fit, the dearest: what may be left out is, in its order, until the rest fits.
pub(super) fn fit(columns: &[Column], rows: &[Vec<Text>], width: Option<u16>) -> Fit {
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let Some(width) = width.map(usize::from) else { return Fit { columns: shown, wraps: false } };
    let needs: Vec<usize> = (0..columns.len()).map(|at| needed(columns[at], rows, at)).collect();
    loop {
        let sum: usize = shown.iter().map(|&at| needs[at] + GAP).sum();
        // After the last column nothing has to follow.
        if sum <= width + GAP {
            return Fit { columns: shown, wraps: false };
        }
        let least = shown.iter().filter(|&&at| columns[at].rank > 0);
        let Some(&least) = least.min_by_key(|&&at| columns[at].rank) else {
            return Fit { columns: shown, wraps: true };
        };
        shown.retain(|&at| at != least);
    }
}

/// How wide a column has to be.
fn needed(column: Column, rows: &[Vec<Text>], at: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width());
    let widest = cells.max().unwrap_or_default();
    let widest = match column.kind {
        Kind::Words | Kind::Number => widest,
        Kind::Prose => widest.min(PROSE),
    };
    widest.max(column.heading.width())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::words("NAME"),
        Column::words("HOST").rank(2),
        Column::number("N").rank(1),
        Column::prose("NOTE").rank(3),
    ];

    fn shown(name: &str, width: u16) -> Fit {
        let note = "a note that is longer than all the rest of it";
        let row = [name, "kvm-1", "12345", note].map(Text::from).to_vec();
        fit(COLUMNS, &[row], Some(width))
    }

    #[test]
    fn what_is_least_goes_first_and_what_is_dear_never() {
        let expect = |width, columns: &[usize], wraps| {
            assert_eq!(shown("web-1", width), Fit { columns: columns.to_vec(), wraps }, "{width}");
        };
        // 5 + 5 + 5 + 16 with three gaps between them.
        expect(200, &[0, 1, 2, 3], false);
        expect(37, &[0, 1, 2, 3], false);
        expect(36, &[0, 1, 3], false);
        expect(29, &[0, 3], false);
        expect(22, &[0], false);
        expect(5, &[0], false);
        expect(4, &[0], true);
        assert_eq!(fit(COLUMNS, &[], None).columns, [0, 1, 2, 3]);
    }

    #[test]
    fn names_are_as_wide_as_they_look() {
        // Each of these letters takes two places, and the mark over the `e` none.
        assert!(shown("データ", 6).columns == [0] && !shown("データ", 6).wraps);
        assert!(shown("データ", 5).wraps);
        assert!(!shown("re\u{301}", 4).wraps);
    }
}
