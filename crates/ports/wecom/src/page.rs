//! Lists that come in pages, as iterators that can be put down and taken up again.

use crate::error::{Error, Kind, Result, Retry};

/// One page and where the next begins; an empty cursor ends the list, an empty page does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: String,
    /// Whom the page leaves out without an error.
    pub left_out: Vec<String>,
}

impl<T> Page<T> {
    pub fn new(items: Vec<T>, next: String) -> Self {
        Self { items, next, left_out: Vec::new() }
    }
}

/// Gets the page that a cursor names.
type Fetch<'a, T> = Box<dyn FnMut(&str) -> Result<Page<T>> + Send + 'a>;

/// The pages of a list, fetched one by one. After an error the same page is asked for again by the next call of `next`.
pub struct Pages<'a, T> {
    call: &'static str,
    cursor: Option<String>,
    left_out: Vec<String>,
    fetch: Fetch<'a, T>,
}

impl<'a, T> Pages<'a, T> {
    pub fn new(call: &'static str, fetch: impl FnMut(&str) -> Result<Page<T>> + Send + 'a) -> Self {
        Self { call, cursor: Some(String::new()), left_out: Vec::new(), fetch: Box::new(fetch) }
    }
    /// Goes on where another run stopped: with the value of [`Pages::cursor`].
    #[must_use]
    pub fn resume(mut self, cursor: &str) -> Self {
        self.cursor = Some(cursor.to_owned());
        self
    }
    /// Where the next page begins; `None` at the end. Keep it after the page's rows are saved. Cursors are not promised to live long.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }
    /// Whom the pages so far have left out without an error, as employees without a licence. Rows of theirs are missing, not gone.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }
    /// One item after another; ends after the first error.
    pub fn items(self) -> impl Iterator<Item = Result<T>> + 'a
    where
        T: 'a,
    {
        let mut failed = false;
        let pages = self.take_while(move |page| {
            let before = failed;
            failed |= page.is_err();
            !before
        });
        pages.flat_map(|page| match page {
            Ok(page) => page.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }
    /// Everything at once, for lists that are known to be short.
    pub fn all(self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for page in self {
            all.extend(page?);
        }
        Ok(all)
    }
}

impl<T> Iterator for Pages<'_, T> {
    type Item = Result<Vec<T>>;
    fn next(&mut self) -> Option<Self::Item> {
        let cursor = self.cursor.clone()?;
        let page = match (self.fetch)(&cursor) {
            Ok(page) => page,
            Err(error) => return Some(Err(error)),
        };
        for id in page.left_out {
            if !self.left_out.contains(&id) {
                self.left_out.push(id);
            }
        }
        if page.next.is_empty() {
            self.cursor = None;
        } else if page.next == cursor {
            self.cursor = None;
            let detail = "the next page begins where this one began";
            return Some(Err(Error::new(self.call, Kind::CursorRepeats, Retry::AfterMs(60_000), detail)));
        } else {
            self.cursor = Some(page.next);
        }
        Some(Ok(page.items))
    }
}
