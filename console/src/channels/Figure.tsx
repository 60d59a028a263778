// A figure of the channel board: a number that opens the people behind it.
import { Button, Drawer } from "antd";
import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { useI18n } from "../i18n";
import { PersonCard, usePeopleColumns } from "../people/columns";
import { People } from "../see/Behind";
import type { Cell, KindName, Spec } from "../see/shapes";
import { ListTable, usePages } from "../shell/ListTable";
import { EmptyHint, usePhone } from "../shell/parts";
import { channelKeys, channels, type FigureCell } from "./calls";

type Behind = { title: string } & ({ cell: FigureCell } | { friends: string });
const Open = createContext<(behind: Behind) => void>(() => undefined);

export function FiguresOf({ children }: { children: ReactNode }) {
  const [shown, show] = useState<Behind | null>(null);
  const phone = usePhone();
  const open = useMemo(() => (behind: Behind) => show(behind), []);
  return (
    <Open value={open}>
      {children}
      <Drawer open={shown !== null} onClose={() => show(null)} size={phone ? "100%" : 880} title={shown?.title} destroyOnHidden>
        {shown && "cell" in shown ? <People kind={shown.cell.kind as KindName} spec={shown.cell.spec as Spec} cell={shown.cell.cell as Cell} title={shown.title} /> : null}
        {shown && "friends" in shown ? <Friends id={shown.friends} /> : null}
      </Drawer>
    </Open>
  );
}

function Friends({ id }: { id: string }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const pages = usePages(channelKeys.friends(id), (query) => channels.friends(id, query));
  const columns = usePeopleColumns(["identifiers", "tags", "orders", "amount", "last_order"]);
  return <ListTable pages={pages} rowKey={(row) => row.id} columns={columns} card={(row) => <PersonCard row={row} />} onOpen={(row) => void navigate(`/people/${row.id}`)} empty={<EmptyHint title={t("see.people_none")} />} />;
}

export function Figure({ value, text, title, cell, friends }: { value: number | null; text: string; title: string; cell?: FigureCell; friends?: string }) {
  const open = useContext(Open);
  const behind: Behind | null = cell ? { title, cell } : friends ? { title, friends } : null;
  if (!value || !behind) return <span className={value ? "num" : "num muted"}>{text}</span>;
  return <Button type="link" className="few num" title={title} onClick={(event) => {
    event.stopPropagation();
    open(behind);
  }}>{text}</Button>;
}
