import { Button } from "antd";
import { useState, type PointerEvent } from "react";
import { useI18n } from "../i18n";
import { always, coverage, hours, isOn, paint, type Rota } from "./rota";

interface Place { day: number; hour: number }
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const DAYS = [0, 1, 2, 3, 4, 5, 6];

function placeOf(event: PointerEvent): Place | null {
  const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-hour]");
  return cell ? { day: Number(cell.dataset.day), hour: Number(cell.dataset.hour) } : null;
}

/** Hours of a week to paint: press and draw, or walk with Tab and press Enter. */
export function RotaGrid({ value, onChange }: { value: Rota; onChange: (next: Rota) => void }) {
  const { t } = useI18n();
  const [drag, setDrag] = useState<{ from: Place; to: Place; on: boolean } | null>(null);
  const shown = drag ? paint(value, drag.from, drag.to, drag.on) : value;
  const begin = (event: PointerEvent) => {
    const place = placeOf(event);
    if (!place) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    setDrag({ from: place, to: place, on: !isOn(value, place.day, place.hour) });
  };
  const end = () => {
    if (drag) onChange(paint(value, drag.from, drag.to, drag.on));
    setDrag(null);
  };
  const presets: [string, Rota][] = [
    [t("rota.always"), always], [t("rota.shop"), hours(9, 21)], [t("rota.office"), hours(9, 18, [0, 1, 2, 3, 4])], [t("rota.early"), hours(9, 15)], [t("rota.late"), hours(15, 22)], [t("rota.clear"), hours(0, 0)],
  ];
  return (
    <div className="stack tight">
      <div className="row wrap">{presets.map(([name, rota]) => <Button key={name} size="small" onClick={() => onChange(rota)}>{name}</Button>)}</div>
      <div className="rota-scroll">
        <div className="rota" role="grid" aria-label={t("rota.title")} onPointerDown={begin} onPointerUp={end} onPointerCancel={() => setDrag(null)}
          onPointerMove={(event) => {
            const place = drag && placeOf(event);
            if (place) setDrag({ ...drag, to: place });
          }}>
          <span className="rota-corner" />
          {HOURS.map((hour) => <span key={hour} className="rota-hour num">{hour}</span>)}
          {DAYS.map((day) => [
            <span key={`d${day}`} className="rota-day">{t(`rota.day.${day as 0}`)}</span>,
            ...HOURS.map((hour) => (
              <button
                key={`${day}-${hour}`} type="button" data-day={day} data-hour={hour} className={isOn(shown, day, hour) ? "rota-cell on" : "rota-cell"}
                aria-pressed={isOn(shown, day, hour)} aria-label={t("rota.cell", { day: t(`rota.day.${day as 0}`), hour })}
                onKeyDown={(event) => {
                  if (event.key !== "Enter" && event.key !== " ") return;
                  event.preventDefault();
                  onChange(paint(value, { day, hour }, { day, hour }, !isOn(value, day, hour)));
                }}
              />
            )),
          ])}
        </div>
      </div>
    </div>
  );
}

/** How many are on duty in each hour; hours without anybody stand out. */
export function Coverage({ rotas }: { rotas: Rota[] }) {
  const { t } = useI18n();
  const counts = coverage(rotas);
  const most = Math.max(1, ...counts.flat());
  return (
    <div className="rota-scroll">
      <div className="rota" role="img" aria-label={t("rota.coverage")}>
        <span className="rota-corner" />
        {HOURS.map((hour) => <span key={hour} className="rota-hour num">{hour}</span>)}
        {DAYS.map((day) => [
          <span key={`d${day}`} className="rota-day">{t(`rota.day.${day as 0}`)}</span>,
          ...HOURS.map((hour) => {
            const count = counts[day]?.[hour] ?? 0;
            return <span key={`${day}-${hour}`} className={count ? "rota-cell count num" : "rota-cell gap num"} style={count ? { opacity: 0.35 + 0.65 * (count / most) } : undefined} title={t("rota.count", { day: t(`rota.day.${day as 0}`), hour, n: count })}>{count || "–"}</span>;
          }),
        ])}
      </div>
    </div>
  );
}
