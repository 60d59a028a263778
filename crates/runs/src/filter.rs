//! A blocked Bloom filter: one cache line per question. Says "surely not here" for all but about 0.2 % of the keys that are not.

/// Each one let through by mistake costs reading a chunk, and a stranger is asked for in every run: with ten bits (1 %) that was half of the
/// work of an import at five million people.
const BITS_PER_KEY: usize = 16;
/// Part of the stored form.
const PROBES: u32 = 6;
const BLOCK_BYTES: usize = 64;

pub struct Filter(Vec<u8>);

impl Filter {
    /// Room for so many keys.
    pub fn sized(n: usize) -> Self {
        let blocks = (n * BITS_PER_KEY).div_ceil(BLOCK_BYTES * 8).max(1);
        Self(vec![0; blocks * BLOCK_BYTES])
    }
    pub fn add(&mut self, key: u64) {
        let at = self.block(key);
        for bit in bits(key) {
            self.0[at + bit / 8] |= 1 << (bit % 8);
        }
    }
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (!bytes.is_empty() && bytes.len().is_multiple_of(BLOCK_BYTES)).then_some(Self(bytes))
    }
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
    pub fn may_hold(&self, key: u64) -> bool {
        let at = self.block(key);
        bits(key).all(|bit| self.0[at + bit / 8] & (1 << (bit % 8)) != 0)
    }
    fn block(&self, key: u64) -> usize {
        let blocks = (self.0.len() / BLOCK_BYTES) as u128;
        ((u128::from(key) * blocks) >> 64) as usize * BLOCK_BYTES
    }
}

/// The keys are digests already: their low bits are as good as any hash.
fn bits(key: u64) -> impl Iterator<Item = usize> {
    let mut state = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..PROBES).map(move |_| {
        let bit = (state & 511) as usize;
        state = state.rotate_right(9);
        bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_it_was_given_and_little_else() {
        let key = |i: u64| (i + 1).wrapping_mul(0xd134_2543_de82_ef95) ^ (i << 40);
        let mut filter = Filter::sized(20_000);
        (0..20_000).for_each(|i| filter.add(key(i)));
        assert!((0..20_000).all(|i| filter.may_hold(key(i))));
        let wrong = (20_000..120_000).filter(|i| filter.may_hold(key(*i))).count();
        assert!(wrong < 400, "{wrong} of 100,000 strangers passed");
    }
}
