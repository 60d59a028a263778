//! People as a bitmap of roots, or everybody but a bitmap: a negation costs nothing until the end.

use roaring::RoaringBitmap;

#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    These(RoaringBitmap),
    AllBut(RoaringBitmap),
}
use Set::{AllBut, These};

impl Set {
    pub fn everybody() -> Self {
        AllBut(RoaringBitmap::new())
    }
    pub fn nobody() -> Self {
        These(RoaringBitmap::new())
    }
    pub fn not(self) -> Self {
        match self {
            These(set) => AllBut(set),
            AllBut(set) => These(set),
        }
    }
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (These(a), These(b)) => These(a & b),
            (These(a), AllBut(b)) | (AllBut(b), These(a)) => These(a - b),
            (AllBut(a), AllBut(b)) => AllBut(a | b),
        }
    }
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }
    pub fn both(&self, other: &Self) -> Self {
        match (self, other) {
            (These(a), These(b)) => These(a & b),
            (These(a), AllBut(b)) | (AllBut(b), These(a)) => These(a - b),
            (AllBut(a), AllBut(b)) => AllBut(a | b),
        }
    }
    pub fn either(&self, other: &Self) -> Self {
        match (self, other) {
            (These(a), These(b)) => These(a | b),
            (These(a), AllBut(b)) | (AllBut(b), These(a)) => AllBut(b - a),
            (AllBut(a), AllBut(b)) => AllBut(a & b),
        }
    }
    /// The same set but for `people`, of whom exactly those in `fits` belong to it.
    pub fn patched(&self, people: &RoaringBitmap, fits: &RoaringBitmap) -> Self {
        match self {
            These(set) => These((set - people) | fits),
            AllBut(set) => AllBut((set - people) | (people - fits)),
        }
    }
    /// Of everybody, `all`.
    pub fn len_of(&self, all: &RoaringBitmap) -> u64 {
        match self {
            These(set) => set.intersection_len(all),
            AllBut(set) => all.len() - set.intersection_len(all),
        }
    }
    pub fn of(&self, all: &RoaringBitmap) -> RoaringBitmap {
        match self {
            These(set) => set & all,
            AllBut(set) => all - set,
        }
    }
    pub fn bytes(&self) -> usize {
        match self {
            These(set) | AllBut(set) => set.serialized_size(),
        }
    }
    pub fn contains(&self, root: u32) -> bool {
        match self {
            These(set) => set.contains(root),
            AllBut(set) => !set.contains(root),
        }
    }
    pub fn is_everybody(&self) -> bool {
        matches!(self, AllBut(set) if set.is_empty())
    }
    /// Surely empty: the rest of an `all` need not be asked.
    pub fn is_nobody(&self) -> bool {
        matches!(self, These(set) if set.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const N: u32 = 64;
    fn set(flip: bool, members: u64) -> Set {
        let bits = (0..N).filter(|i| members >> i & 1 == 1).collect();
        if flip { AllBut(bits) } else { These(bits) }
    }

    proptest! {
        #[test]
        fn it_is_an_algebra(x in any::<u64>(), y in any::<u64>(), a in any::<bool>(), b in any::<bool>()) {
            let (left, right) = (set(a, x), set(b, y));
            prop_assert_eq!(left.both(&right), left.clone().and(right.clone()));
            prop_assert_eq!(left.either(&right), left.clone().or(right.clone()));
            let all: RoaringBitmap = (0..N).collect();
            prop_assert_eq!(left.of(&all).iter().collect::<Vec<_>>(), (0..N).filter(|i| left.contains(*i)).collect::<Vec<_>>());
            prop_assert_eq!(left.len_of(&all), left.of(&all).len());
            let some: RoaringBitmap = (0..N).step_by(3).collect();
            let patched = left.patched(&some, &right.of(&some));
            for i in 0..N {
                prop_assert_eq!(patched.contains(i), if i % 3 == 0 { right.contains(i) } else { left.contains(i) });
            }
            let (and, or, not) = (left.clone().and(right.clone()), left.clone().or(right.clone()), left.clone().not());
            for i in 0..N {
                prop_assert_eq!(and.contains(i), left.contains(i) && right.contains(i));
                prop_assert_eq!(or.contains(i), left.contains(i) || right.contains(i));
                prop_assert_eq!(not.contains(i), !left.contains(i));
            }
        }
    }
}
