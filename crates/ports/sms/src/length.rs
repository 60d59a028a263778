//! How many parts a text becomes, which is what is billed.

/// How the letters travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Seven bits a letter (3GPP TS 23.038): 160 alone, 153 a part.
    Gsm7,
    /// Two bytes a letter: 70 alone, 67 a part.
    Ucs2,
}

/// The measure of a text. `units` are septets or UTF-16 code units: what the limits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    pub alphabet: Alphabet,
    pub units: usize,
    pub parts: usize,
}

/// A text of no more than this is one bill in mainland China, whatever its letters.
pub const MAINLAND_ALONE: usize = 70;
/// Letters a part of a longer one.
pub const MAINLAND_PART: usize = 67;
/// Longer ones are refused by the providers.
pub const MAINLAND_MAX: usize = 500;

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Each costs two septets, which must not be torn apart.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// By the rules of the air interface, for numbers outside mainland China.
pub fn measure(text: &str) -> Length {
    let septets: Option<Vec<usize>> = text
        .chars()
        .map(|c| match c {
            _ if BASIC.contains(c) => Some(1),
            _ if EXTENDED.contains(c) => Some(2),
            _ => None,
        })
        .collect();
    match septets {
        Some(costs) => packed(Alphabet::Gsm7, &costs, 160, 153),
        None => packed(Alphabet::Ucs2, &text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

/// As mainland providers bill: every letter counts one, signature and brackets included. A letter beyond the basic plane (an emoji) counts two,
/// as it does on the air.
pub fn mainland(text: &str) -> Length {
    packed(Alphabet::Ucs2, &text.chars().map(char::len_utf16).collect::<Vec<_>>(), MAINLAND_ALONE, MAINLAND_PART)
}

/// No letter is torn apart between two parts.
fn packed(alphabet: Alphabet, costs: &[usize], alone: usize, part: usize) -> Length {
    let units = costs.iter().sum();
    if units <= alone {
        return Length { alphabet, units, parts: usize::from(units > 0) };
    }
    let (mut parts, mut filled) = (1, 0);
    for cost in costs {
        if filled + cost > part {
            parts += 1;
            filled = 0;
        }
        filled += cost;
    }
    Length { alphabet, units, parts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_at_their_edges() {
        use Alphabet::*;
        for (text, alphabet, units, parts) in [
            (String::new(), Gsm7, 0, 0),
            ("a".repeat(160), Gsm7, 160, 1),
            ("a".repeat(161), Gsm7, 161, 2),
            ("a".repeat(306), Gsm7, 306, 2),
            ("a".repeat(307), Gsm7, 307, 3),
            ("€".repeat(80), Gsm7, 160, 1),
            // 76 fit into 153, one septet stays empty: 77 + 76 would have fitted by mere division.
            ("€".repeat(153), Gsm7, 306, 3),
            ("{a}".into(), Gsm7, 5, 1),
            ("é".into(), Gsm7, 1, 1),
            ("ê".into(), Ucs2, 1, 1),
            ("中".repeat(70), Ucs2, 70, 1),
            ("中".repeat(71), Ucs2, 71, 2),
            ("中".repeat(134), Ucs2, 134, 2),
            ("中".repeat(135), Ucs2, 135, 3),
            ("🎁".repeat(35), Ucs2, 70, 1),
            // 33 into 67, one unit stays empty.
            ("🎁".repeat(67), Ucs2, 134, 3),
            (format!("中{}", "a".repeat(69)), Ucs2, 70, 1),
            (format!("中{}", "a".repeat(70)), Ucs2, 71, 2),
        ] {
            assert_eq!(measure(&text), Length { alphabet, units, parts }, "{} letters", text.chars().count());
        }
    }

    #[test]
    fn the_mainland_counts_letters_whatever_they_are() {
        for (text, parts) in [("a".repeat(70), 1), ("a".repeat(71), 2), ("中".repeat(134), 2), ("中".repeat(135), 3)]
        {
            assert_eq!(mainland(&text).parts, parts);
        }
    }

    #[test]
    fn the_tables_hold_128_letters() {
        // 127 and the escape, which is no letter.
        assert_eq!((BASIC.chars().count(), EXTENDED.chars().count()), (127, 10));
    }

    proptest! {
        #[test]
        fn every_unit_has_a_place(text in "\\PC{0,400}|[a-z€]{0,400}") {
            let length = measure(&text);
            let (alone, part) = if length.alphabet == Alphabet::Gsm7 { (160, 153) } else { (70, 67) };
            let room = if length.parts <= 1 { alone } else { length.parts * part };
            prop_assert!(length.units <= room);
            // At most one unit a part is lost to not tearing.
            prop_assert!(length.parts <= 1 || length.units > (length.parts - 1) * (part - 1));
            // A letter more is never fewer parts.
            let longer = format!("{text}x");
            prop_assert!(mainland(&longer).parts >= mainland(&text).parts);
        }
    }
}
