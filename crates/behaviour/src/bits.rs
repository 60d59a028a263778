//! Slots of one bucket as 65,536 bits: set algebra at memory speed.

use roaring::RoaringBitmap;

/// People in a bucket; a slot is the low half of a person's number, the bucket its high half.
pub const SLOTS: usize = 1 << 16;
pub(crate) const WORDS: usize = SLOTS / 64;

/// A set of slots.
#[derive(Clone, PartialEq, Eq)]
pub struct Bits(Box<[u64; WORDS]>);

impl Default for Bits {
    fn default() -> Self {
        Self::empty()
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<u16> for Bits {
    fn from_iter<I: IntoIterator<Item = u16>>(slots: I) -> Self {
        let mut bits = Self::empty();
        slots.into_iter().for_each(|slot| bits.insert(slot));
        bits
    }
}

impl Bits {
    pub fn empty() -> Self {
        Self(Box::new([0; WORDS]))
    }
    pub fn full() -> Self {
        Self(Box::new([u64::MAX; WORDS]))
    }
    pub fn contains(&self, slot: u16) -> bool {
        self.0[usize::from(slot >> 6)] >> (slot & 63) & 1 == 1
    }
    pub fn insert(&mut self, slot: u16) {
        self.0[usize::from(slot >> 6)] |= 1 << (slot & 63);
    }
    pub fn remove(&mut self, slot: u16) {
        self.0[usize::from(slot >> 6)] &= !(1 << (slot & 63));
    }
    pub fn clear(&mut self) {
        self.0.fill(0);
    }
    pub fn len(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
    pub fn and(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0.iter()).for_each(|(a, b)| *a &= b);
    }
    pub fn or(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0.iter()).for_each(|(a, b)| *a |= b);
    }
    pub fn and_not(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0.iter()).for_each(|(a, b)| *a &= !b);
    }
    /// How many are in both, without making the set.
    pub fn and_len(&self, other: &Self) -> u64 {
        self.0.iter().zip(other.0.iter()).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }
    /// Rising.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                (bit < 64).then(|| {
                    left &= left - 1;
                    (at as u32 * 64 + bit) as u16
                })
            })
        })
    }
    pub fn words(&self) -> &[u64; WORDS] {
        &self.0
    }
    pub(crate) fn words_mut(&mut self) -> &mut [u64; WORDS] {
        &mut self.0
    }
    pub fn or_words(&mut self, words: &[u64]) {
        self.0.iter_mut().zip(words).for_each(|(a, b)| *a |= b);
    }

    /// The people of one bucket in a set of people.
    pub fn of_people(people: &RoaringBitmap, bucket: u16) -> Self {
        let low = u32::from(bucket) << 16;
        people.range(low..=low | 0xffff).map(|person| person as u16).collect()
    }
    /// The same people as their numbers.
    pub fn to_people(&self, bucket: u16) -> RoaringBitmap {
        RoaringBitmap::from_lsb0_bytes(
            u32::from(bucket) << 16,
            &self.0.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>(),
        )
    }
}
