//! The links and headings of a page, and what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

/// What a page offers and asks for.
#[derive(Debug, Default)]
pub struct Page {
    /// What one can link to in it.
    pub anchors: BTreeSet<String>,
    /// Where its links and pictures lead, as written.
    pub links: Vec<String>,
    /// What stands in it as code, a line long.
    pub codes: Vec<String>,
}

impl Page {
    pub fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        let mut so_often = BTreeMap::<String, usize>::new();
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let times = so_often.entry(anchor.clone()).or_default();
                    page.anchors.insert(match *times {
                        0 => anchor,
                        times => format!("{anchor}-{times}"),
                    });
                    *times += 1;
                }
                Event::Start(
                    Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. },
                ) if link_type != LinkType::Email => page.links.push(dest_url.into_string()),
                Event::Text(text) => heading.iter_mut().for_each(|heading| heading.push_str(&text)),
                Event::Code(code) => {
                    heading.iter_mut().for_each(|heading| heading.push_str(&code));
                    page.codes.push(code.into_string());
                }
                _ => {}
            }
        }
        page
    }
}

/// What a heading can be linked to by, as code hosts make it: lower case, `-` for a space, and
/// nothing but letters, digits, `-` and `_`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// What is wrong with the links of pages that refer to each other: a sentence each.
pub fn dead(pages: &BTreeMap<PathBuf, Page>, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut dead = Vec::new();
    for (path, page) in pages {
        for link in page.links.iter().filter(|link| !is_elsewhere(link)) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                _ => tidy(&path.parent().unwrap_or(Path::new("")).join(file)),
            };
            let shown = path.display();
            match pages.get(&target) {
                Some(page) if anchor.is_empty() || page.anchors.contains(anchor) => {}
                Some(_) => dead.push(format!("{shown}: {link}: the page has no such heading")),
                None if exists(&target) && anchor.is_empty() => {}
                None => dead.push(format!("{shown}: {link}: there is no {}", target.display())),
            }
        }
    }
    dead
}

fn is_elsewhere(link: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| link.starts_with(scheme))
}

/// The path without `..`.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part.as_os_str().to_str() {
            Some("..") => drop(tidy.pop()),
            Some(".") => {}
            _ => tidy.push(part),
        }
    }
    tidy
}

#[test]
fn dead_links_are_found_and_living_ones_are_not() {
    let page = |text: &str| Page::read(text);
    let top = "# Top\n[a](docs/a.md#the-one--only-day) [gone](docs/gone.md)";
    let other = "## The one & only `day`\n## Twice\n## Twice\n\
        [up](../README.md#top) [no](../README.md#bottom) [here](#twice-1) [not](#twice-2)\n\
        ![p](p.png) `[x](code.md)` <https://example.net/x> <ops@example.net>\n\n\
        ```\n[y](code.md)\n```\n";
    let pages = BTreeMap::from([
        (PathBuf::from("README.md"), page(top)),
        (PathBuf::from("docs/a.md"), page(other)),
    ]);
    let found = dead(&pages, |path| path == Path::new("docs/p.png"));
    let expected = [
        "README.md: docs/gone.md: there is no docs/gone.md",
        "docs/a.md: ../README.md#bottom: the page has no such heading",
        "docs/a.md: #twice-2: the page has no such heading",
    ];
    assert_eq!(found, expected);
    assert_eq!(pages[Path::new("docs/a.md")].codes, ["day", "[x](code.md)"]);
}
