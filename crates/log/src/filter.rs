//! A blocked Bloom filter: one cache line per question. Says "surely new" for all but about 1 % of new messages.

const BITS_PER_KEY: usize = 10;
const PROBES: u32 = 6;
const BLOCK_BYTES: usize = 64;

pub struct Filter(Vec<u8>);

impl Filter {
    pub fn build(keys: impl Iterator<Item = u64>, n: usize) -> Self {
        let blocks = (n * BITS_PER_KEY).div_ceil(BLOCK_BYTES * 8).max(1);
        let mut filter = Self(vec![0; blocks * BLOCK_BYTES]);
        for key in keys {
            let at = filter.block(key);
            for bit in bits(key) {
                filter.0[at + bit / 8] |= 1 << (bit % 8);
            }
        }
        filter
    }
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (!bytes.is_empty() && bytes.len().is_multiple_of(BLOCK_BYTES)).then_some(Self(bytes))
    }
    pub fn bytes(&self) -> &[u8] {
        &self.0
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
        let filter = Filter::build((0..20_000).map(key), 20_000);
        assert!((0..20_000).all(|i| filter.may_hold(key(i))));
        let wrong = (20_000..120_000).filter(|i| filter.may_hold(key(*i))).count();
        assert!(wrong < 2_500, "{wrong} of 100,000 strangers passed");
    }
}
