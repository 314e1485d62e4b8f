//! The rounds as curves, one below the other over the same hours.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::measure::Row;
use crate::report::COLUMNS;

const SIZE: (u32, u32) = (900, 1100);
/// Dark enough on white, and told apart by nobody: each curve has a frame of its own.
const INK: RGBColor = RGBColor(0x1f, 0x4e, 0x79);

/// Draws them all into a file.
pub fn draw(rows: &[Row], file: &Path) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let hours = rows.last().map_or(1.0, |row| row.hours);
    for (part, column) in area.split_evenly((COLUMNS.len(), 1)).iter().zip(&COLUMNS) {
        let most = rows.iter().map(column.of).fold(f64::MIN, f64::max);
        let unit =
            if column.unit.is_empty() { String::new() } else { format!(" ({})", column.unit) };
        let mut chart = ChartBuilder::on(part)
            .caption(format!("{}{unit}", column.name), ("sans-serif", 14))
            .margin_right(16)
            .x_label_area_size(22)
            .y_label_area_size(52)
            .build_cartesian_2d(0.0..hours, 0.0..most.max(1e-3) * 1.15)?;
        chart.configure_mesh().x_labels(8).y_labels(4).light_line_style(WHITE).draw()?;
        let points = rows.iter().map(|row| (row.hours, (column.of)(row)));
        chart.draw_series(LineSeries::new(points, INK.stroke_width(2)))?;
    }
    area.present()?;
    Ok(())
}
