//! A run of plain values that lies either in memory or in a mapped file: readers see a slice and need not know.

use bytemuck::Pod;
use memmap2::Mmap;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

#[derive(Clone)]
pub struct Buf<T>(Inner<T>);

#[derive(Clone)]
enum Inner<T> {
    Owned(Arc<Vec<T>>),
    /// Checked when made: in range, aligned, a whole number of values.
    Mapped {
        map: Arc<Mmap>,
        from: usize,
        to: usize,
        of: PhantomData<T>,
    },
}

impl<T: Pod> Buf<T> {
    /// The bytes `from..to` of a mapped file; `None` when they are no whole, aligned run of `T` inside it.
    pub fn mapped(map: &Arc<Mmap>, from: usize, to: usize) -> Option<Self> {
        bytemuck::try_cast_slice::<u8, T>(map.get(from..to)?).ok()?;
        Some(Self(Inner::Mapped { map: Arc::clone(map), from, to, of: PhantomData }))
    }
    /// The values, moved out when nobody else holds them.
    pub(crate) fn into_vec(self) -> Vec<T> {
        match self.0 {
            Inner::Owned(values) => Arc::unwrap_or_clone(values),
            Inner::Mapped { .. } => self.to_vec(),
        }
    }
    /// Bytes of memory of its own; a mapped file's pages are the system's.
    pub fn memory(&self) -> usize {
        match &self.0 {
            Inner::Owned(values) => values.capacity() * size_of::<T>(),
            Inner::Mapped { .. } => 0,
        }
    }
}

impl<T> From<Vec<T>> for Buf<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Inner::Owned(values.into()))
    }
}
impl<T> Default for Buf<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}
impl<T: Pod> Deref for Buf<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.0 {
            Inner::Owned(values) => values,
            Inner::Mapped { map, from, to, .. } => bytemuck::cast_slice(&map[*from..*to]),
        }
    }
}
impl<T: Pod + std::fmt::Debug> std::fmt::Debug for Buf<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}
