//! What makes two deliveries the same event.

use super::crypto::hex;
use super::event::{Event, Happened};
use super::xml::Element;
use sha2::{Digest, Sha256};

impl Event {
    /// Equal for every delivery of one event, different for any other: a retry is taken once.
    ///
    /// A message is named by its `MsgId`. An event has no id, and its sender and second (which the documentation proposes) are shared by every
    /// event of a busy second: its identity is a digest over *all* its elements. Formatting and the order of the outer elements do not count.
    pub fn identity(&self) -> String {
        if let Happened::Message { id, .. } = &self.what {
            return format!("m:{}:{id}", self.corp_id);
        }
        let mut sha = Sha256::new();
        let mut outer: Vec<&Element> = self.raw.children.iter().collect();
        outer.sort_by(|a, b| a.name.cmp(&b.name));
        for element in outer {
            feed(&mut sha, element);
        }
        format!("e:{}", hex(&sha.finalize()[..16]))
    }
}

/// Lengths go in front, so that no two trees feed the same bytes. The depth is bounded by the reader.
fn feed(sha: &mut Sha256, element: &Element) {
    for text in [&element.name, &element.text] {
        sha.update((text.len() as u64).to_be_bytes());
        sha.update(text.as_bytes());
    }
    sha.update((element.children.len() as u64).to_be_bytes());
    for child in &element.children {
        feed(sha, child);
    }
}
