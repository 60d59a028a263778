//! The distributions that the rest stands on: normal, Student's t, chi-square. Accurate to some ten digits, which is more than any sample deserves.

/// Lanczos, g = 7. For x > 0.
fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let base = x + 7.5;
    let sum = C[1..].iter().enumerate().fold(C[0], |sum, (at, c)| sum + c / (x + at as f64 + 1.0));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

const STEPS_MAX: usize = 10_000;
const TINY: f64 = 1e-300;

/// The share of a gamma distribution of shape `a` above `x`.
fn gamma_above(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..STEPS_MAX {
            term *= x / (a + n as f64);
            sum += term;
            if term < sum * 1e-16 {
                break;
            }
        }
        return (1.0 - front * sum).max(0.0);
    }
    // Lentz's continued fraction.
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    for n in 1..STEPS_MAX {
        let n = n as f64;
        let an = -n * (n - a);
        b += 2.0;
        d = 1.0 / kept(an * d + b);
        c = kept(b + an / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * h
}
fn kept(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

/// The incomplete beta function, regularised.
fn beta_below(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..STEPS_MAX {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / kept(1.0 + even * d);
        c = kept(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / kept(1.0 + odd * d);
        c = kept(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

/// Of a chi-square distribution: the share at or above `x`.
pub fn chi_square_above(x: f64, degrees: f64) -> f64 {
    gamma_above(degrees / 2.0, x / 2.0)
}
/// Both tails of the normal distribution beyond `z`.
pub fn normal_beyond(z: f64) -> f64 {
    gamma_above(0.5, z * z / 2.0)
}
/// Both tails of Student's t beyond `t`.
pub fn t_beyond(t: f64, degrees: f64) -> f64 {
    beta_below(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}
/// Where both tails of the normal distribution together are `share`.
pub fn normal_at(share: f64) -> f64 {
    falling_to(share, normal_beyond)
}
/// Where both tails of Student's t together are `share`.
pub fn t_at(share: f64, degrees: f64) -> f64 {
    falling_to(share, |t| t_beyond(t, degrees))
}

/// Where a function that falls from 1 comes to `share`.
fn falling_to(share: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while f(high) > share && high < 1e9 {
        high *= 2.0;
    }
    halve(&mut low, &mut high, |x| f(x) > share);
    (low + high) / 2.0
}

/// Closes in on where `below` ends to hold.
pub(crate) fn halve(low: &mut f64, high: &mut f64, below: impl Fn(f64) -> bool) {
    for _ in 0..80 {
        let middle = (*low + *high) / 2.0;
        if below(middle) { *low = middle } else { *high = middle }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
    }

    #[test]
    fn the_printed_tables() {
        // Student's t, 97.5 %.
        for (degrees, t) in [
            (1.0, 12.7062),
            (2.0, 4.30265),
            (5.0, 2.57058),
            (10.0, 2.22814),
            (30.0, 2.04227),
            (120.0, 1.97993),
            (1e6, 1.95997),
        ] {
            near(t_at(0.05, degrees), t, 5e-5);
        }
        near(t_at(0.01, 10.0), 3.16927, 5e-6);
        // Chi-square at 5 %, 1 % and 0.1 %.
        for (degrees, share, x) in [
            (1.0, 0.05, 3.841_459),
            (1.0, 0.001, 10.827_566),
            (2.0, 0.05, 5.991_465),
            (3.0, 0.01, 11.344_867),
            (10.0, 0.05, 18.307_038),
            (100.0, 0.05, 124.342_113),
        ] {
            near(chi_square_above(x, degrees), share, 1e-7);
        }
        // Normal.
        near(normal_at(0.05), 1.959_963_984_540_054, 1e-12);
        near(normal_at(0.4), 0.841_621_233_572_914, 1e-12);
        near(normal_beyond(3.0), 0.002_699_796_063_260_2, 1e-14);
        near(normal_beyond(0.0), 1.0, 0.0);
    }
    #[test]
    fn many_degrees_are_the_normal_curve() {
        near(t_beyond(2.0, 1e7), normal_beyond(2.0), 1e-7);
        near(t_beyond(0.0, 7.0), 1.0, 1e-12);
    }
}
