import type { ImportPreview } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";

const ROWS = 8;

/** The first rows as they are read now: the quickest way to see a wrong encoding or delimiter. */
export function PreviewTable({ preview }: { preview: ImportPreview }) {
  const { t, word } = useI18n();
  const format = useFormat();
  const { certainty, rows: known } = preview.total_rows;
  const n = typeof known === "number" ? format.count(known) : "";
  const rows = n ? t(certainty === "exact" ? "imports.rows" : "imports.rows_about", { n }) : "";
  return (
    <section className="panel">
      <div className="panel-head"><span>{t("imports.preview")}</span><span className="muted small num">{[t("imports.columns", { n: preview.columns.length }), rows].filter(Boolean).join(" · ")}</span></div>
      <div className="preview-scroll" tabIndex={0} role="region" aria-label={t("imports.preview")}>
        <table className="preview">
          <thead><tr>{preview.columns.map((column) => <th key={column.name}>{column.name}<span>{word("column", column.type)}</span></th>)}</tr></thead>
          <tbody>
            {preview.rows.slice(0, ROWS).map((row, at) => (
              <tr key={at}>{preview.columns.map((column, index) => {
                const cell = row[index];
                return <td key={column.name} className="num">{cell === null || cell === undefined || cell === "" ? <span className="muted">·</span> : String(cell)}</td>;
              })}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
