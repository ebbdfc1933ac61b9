//! The tray icon with a mark: a dot for unread mail, a stroke for "nothing is fetched", an exclamation for "needs the person".

use super::model::Mark;

/// Draws over `rgba` (`width` × `height`, 4 bytes a pixel, rows from the top).
pub fn draw(rgba: &mut [u8], width: u32, height: u32, mark: Mark) {
    let (w, h) = (f64::from(width), f64::from(height));
    let size = w.min(h);
    match mark {
        Mark::None => {}
        Mark::Unread => disc(rgba, width, (w - size * 0.24, size * 0.24), size * 0.22, [0x3B, 0x82, 0xF6]),
        Mark::Attention => {
            let (x, y) = (w - size * 0.27, size * 0.27);
            disc(rgba, width, (x, y), size * 0.26, [0xDC, 0x26, 0x26]);
            // Told by shape and not by colour alone.
            stroke(rgba, width, ((x, y - size * 0.14), (x, y + size * 0.03)), size * 0.07, [255; 3]);
            stroke(rgba, width, ((x, y + size * 0.14), (x, y + size * 0.145)), size * 0.07, [255; 3]);
        }
        Mark::Off => {
            stroke(rgba, width, ((w * 0.1, h * 0.1), (w * 0.9, h * 0.9)), size * 0.16, [255; 3]);
            stroke(rgba, width, ((w * 0.1, h * 0.1), (w * 0.9, h * 0.9)), size * 0.09, [0x47, 0x47, 0x50]);
        }
    }
}

fn disc(rgba: &mut [u8], width: u32, (cx, cy): (f64, f64), radius: f64, colour: [u8; 3]) {
    paint(rgba, width, colour, |x, y| radius - (x - cx).hypot(y - cy));
}

fn stroke(rgba: &mut [u8], width: u32, ((ax, ay), (bx, by)): ((f64, f64), (f64, f64)), thick: f64, colour: [u8; 3]) {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx.hypot(dy).max(f64::EPSILON);
    paint(rgba, width, colour, |x, y| {
        let along = (((x - ax) * dx + (y - ay) * dy) / (length * length)).clamp(0.0, 1.0);
        thick / 2.0 - (x - ax - along * dx).hypot(y - ay - along * dy)
    });
}

/// `inside` is the distance from the edge in pixels, positive within the shape; edges are smoothed over one pixel.
fn paint(rgba: &mut [u8], width: u32, colour: [u8; 3], inside: impl Fn(f64, f64) -> f64) {
    for (n, pixel) in rgba.chunks_exact_mut(4).enumerate() {
        let (x, y) = (n as u32 % width, n as u32 / width);
        let cover = (inside(f64::from(x) + 0.5, f64::from(y) + 0.5) + 0.5).clamp(0.0, 1.0);
        if cover > 0.0 {
            for (channel, colour) in pixel.iter_mut().zip(colour.into_iter().chain([255])) {
                *channel = (f64::from(*channel) * (1.0 - cover) + f64::from(colour) * cover).round() as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(mark: Mark) -> Vec<u8> {
        let mut rgba = vec![0; 32 * 32 * 4];
        draw(&mut rgba, 32, 32, mark);
        rgba
    }

    fn at(rgba: &[u8], x: usize, y: usize) -> &[u8] {
        &rgba[(y * 32 + x) * 4..][..4]
    }

    #[test]
    fn every_mark_is_another_picture() {
        let all = [Mark::None, Mark::Unread, Mark::Off, Mark::Attention].map(marked);
        for (n, one) in all.iter().enumerate() {
            assert!(all[n + 1..].iter().all(|other| other != one));
        }
        assert_eq!(at(&all[1], 24, 7), [0x3B, 0x82, 0xF6, 255], "the dot is at the top right");
        assert_eq!(at(&all[1], 2, 29), [0; 4], "and nowhere else");
        assert_eq!(at(&all[2], 16, 16), [0x47, 0x47, 0x50, 255], "the stroke goes through the middle");
        assert_eq!(at(&all[3], 23, 6), [255, 255, 255, 255], "a white exclamation mark on red");
    }

    #[test]
    fn a_picture_of_no_size_is_left_alone() {
        draw(&mut [], 0, 0, Mark::Attention);
    }
}
