//! What matters of a definition's XML. Not in here: changing it, which libvirt does.

use crate::model::OnCrash;

/// What the hypervisor does by itself when the guest crashes. Where nothing is said, or a word that
/// is not known here, it is libvirt's default.
pub(crate) fn on_crash(xml: &str) -> OnCrash {
    child(xml, "on_crash").and_then(|word| word.parse().ok()).unwrap_or(OnCrash::Destroy)
}

/// The text of a child of the domain's element.
pub(super) fn child(xml: &str, name: &str) -> Option<String> {
    let document = roxmltree::Document::parse(xml).ok()?;
    let found = document.root_element().children().find(|node| node.has_tag_name(name))?;
    found.text().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_domains_own_element_counts() {
        for (xml, expected) in [
            ("<domain><on_crash>restart</on_crash></domain>", OnCrash::Restart),
            (
                "<domain type='qemu'>\n <on_crash>\n  coredump-restart </on_crash></domain>",
                OnCrash::CoredumpRestart,
            ),
            (
                "<domain><metadata><on_crash>restart</on_crash></metadata></domain>",
                OnCrash::Destroy,
            ),
            ("<domain><!--<on_crash>restart</on_crash>--></domain>", OnCrash::Destroy),
            ("<domain><on_crash>invented-in-2031</on_crash></domain>", OnCrash::Destroy),
            ("no xml", OnCrash::Destroy),
        ] {
            assert_eq!(on_crash(xml), expected, "{xml}");
        }
    }
}
