//! A picture that is drawn again and again in the same place of a terminal.
//!
//! Each picture is one write: where the one before began, every line is written over and wiped to
//! its end, and what is left below is wiped too. Nothing is switched on that would have to be
//! switched off at the end, so whatever ends the process leaves a terminal that can be gone on
//! with.

use unicode_width::UnicodeWidthChar;

/// What is on the terminal.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    /// How many lines the last picture has; the cursor is at the begin of the line below.
    lines: usize,
    /// How large the terminal was then.
    size: (u16, u16),
}

impl Canvas {
    /// What to write for this picture on a terminal of so many columns and lines.
    pub(super) fn draw(&mut self, text: &str, size: (u16, u16)) -> String {
        let mut lines: Vec<&str> =
            text.lines().flat_map(|line| pieces(line, usize::from(size.0))).collect();
        // The last line of the terminal is the cursor's.
        let room = usize::from(size.1).saturating_sub(1).max(1);
        let more;
        if lines.len() > room {
            more = format!("\x1b[0m… and {} lines more", lines.len() - room + 1);
            lines.truncate(room - 1);
            lines.push(&more);
        }
        let begin = match self.lines {
            // A terminal breaks its lines anew when its size changes: nobody knows what is where.
            _ if self.lines > 0 && self.size != size => "\x1b[H\x1b[2J".to_owned(),
            0 => String::new(),
            lines => format!("\r\x1b[{lines}A"),
        };
        (self.lines, self.size) = (lines.len(), size);
        let lines: String = lines.iter().map(|line| format!("{line}\x1b[0m\x1b[K\r\n")).collect();
        // Terminals that know these marks show all of it at once.
        format!("\x1b[?2026h{begin}{lines}\x1b[J\x1b[?2026l")
    }
}

/// A line in pieces of at most so many columns. Colours take none.
fn pieces(line: &str, width: usize) -> Vec<&str> {
    let (mut pieces, mut begin, mut column) = (Vec::new(), 0, 0);
    let mut is_code = false;
    for (place, c) in line.char_indices() {
        if is_code {
            is_code = !c.is_ascii_alphabetic();
            continue;
        }
        if c == '\x1b' {
            is_code = true;
            continue;
        }
        let wide = c.width().unwrap_or(0);
        if column + wide > width && column > 0 {
            pieces.push(&line[begin..place]);
            (begin, column) = (place, 0);
        }
        column += wide;
    }
    pieces.push(&line[begin..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_where_the_terminal_ends() {
        for (line, expected) in [
            ("", &[""][..]),
            ("abcd", &["abcd"]),
            ("abcde", &["abcd", "e"]),
            ("\x1b[31mabcd\x1b[0m", &["\x1b[31mabcd\x1b[0m"]),
            ("\x1b[31mabcde\x1b[0m", &["\x1b[31mabcd", "e\x1b[0m"]),
            ("デaタb", &["デa", "タb"]),
            ("e\u{301}e\u{301}e\u{301}e\u{301}", &["e\u{301}e\u{301}e\u{301}e\u{301}"]),
        ] {
            assert_eq!(pieces(line, 4), expected, "{line:?}");
        }
    }

    #[test]
    fn a_picture_takes_the_place_of_the_one_before() {
        let mut canvas = Canvas::default();
        let first = canvas.draw("a\nb\nc", (10, 10));
        assert!(first.starts_with("\x1b[?2026ha\x1b[0m\x1b[K\r\nb"), "{first:?}");
        assert!(
            canvas.draw("d", (10, 10)).starts_with("\x1b[?2026h\r\x1b[3Ad\x1b[0m\x1b[K\r\n\x1b[J")
        );
        assert!(canvas.draw("e", (10, 10)).starts_with("\x1b[?2026h\r\x1b[1Ae"));
        assert!(canvas.draw("f", (9, 10)).starts_with("\x1b[?2026h\x1b[H\x1b[2Jf"));
        let cut = canvas.draw("1\n2\n3\n4\n5", (9, 4));
        assert!(
            cut.contains("2\x1b[0m\x1b[K\r\n\x1b[0m… and 3 lines more") && !cut.contains("3\x1b")
        );
        assert!(canvas.draw("g", (9, 4)).contains("\x1b[3A"));
    }
}
