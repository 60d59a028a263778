// What carriers said of a broadcast by mail or SMS.
import { useQuery } from "@tanstack/react-query";
import { useFormat } from "../format/useFormat";
import { BroadcastBar } from "../gate/BroadcastBar";
import { broadcastKey, broadcasts } from "../gate/calls";
import { useI18n } from "../i18n";

const PLACES = ["taken", "delivered", "bounced", "complained", "unknown", "parts"] as const;

export function Delivery({ id, state }: { id: string; state: string }) {
  const { t } = useI18n();
  const format = useFormat();
  const found = useQuery({ queryKey: broadcastKey(id), queryFn: () => broadcasts.get(id), refetchInterval: 10_000 });
  const own = found.data?.delivery;
  if (!own) return null;
  const shown = PLACES.filter((name) => name !== "parts" || found.data?.channel === "sms");
  return (
    <>
      <BroadcastBar id={id} state={state} cancels />
      <div className="numbers">{shown.map((name) => <div className="number" key={name}><div className="label">{t(`direct.sum.${name}`)}</div><div className="value">{format.count(own[name])}</div></div>)}</div>
    </>
  );
}
