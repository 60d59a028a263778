//! The modules of a QR.

use qrcode::{Color, EcLevel, QrCode};

/// The text does not fit into any QR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// A square of modules, without the white around it that readers need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub side: usize,
    pub dark: Vec<bool>,
}

impl Code {
    /// Modules of white around the code that readers need.
    pub const QUIET: usize = 4;

    /// About 15 % of the picture may be damaged or covered.
    ///
    /// Errors: the text is too long.
    pub fn of(text: &str) -> Result<Self, TooLong> {
        Self::at(text, EcLevel::M)
    }
    /// About 30 % may be covered: for a logo in the middle.
    ///
    /// Errors: the text is too long.
    pub fn robust(text: &str) -> Result<Self, TooLong> {
        Self::at(text, EcLevel::H)
    }
    fn at(text: &str, level: EcLevel) -> Result<Self, TooLong> {
        let code = QrCode::with_error_correction_level(text, level).map_err(|_| TooLong)?;
        let side = code.width();
        Ok(Self { side, dark: code.into_colors().into_iter().map(|color| color == Color::Dark).collect() })
    }
    /// Runs of dark modules: column, row, length.
    pub fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.dark.chunks(self.side).enumerate().flat_map(|(y, row)| {
            let mut x = 0;
            std::iter::from_fn(move || {
                x += row[x..].iter().take_while(|dark| !**dark).count();
                let length = row[x..].iter().take_while(|dark| **dark).count();
                let begun = x;
                x += length;
                (length > 0).then_some((begun, y, length))
            })
        })
    }
}
