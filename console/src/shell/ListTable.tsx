// A keyset-paged list: a table on a desk, cards on a phone, "load more" on both.
import type { UseInfiniteQueryResult, InfiniteData } from "@tanstack/react-query";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Skeleton, Table, type TableProps } from "antd";
import type { MouseEvent, ReactNode } from "react";
import type { Query } from "../api/client";
import type { Page } from "../api/types";
import { useFormat } from "../format/useFormat";
import { useI18n } from "../i18n";
import { ErrorView } from "./errors";
import { usePhone } from "./parts";

export type Pages<T> = UseInfiniteQueryResult<InfiniteData<Page<T>>, Error>;

export function usePages<T>(key: readonly unknown[], fetch: (query: Query) => Promise<Page<T>>, query: Query = {}, limit = 50): Pages<T> {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => fetch({ ...query, limit, after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}
export function itemsOf<T>(pages: Pages<T>): T[] {
  return pages.data?.pages.flatMap((page) => page.items) ?? [];
}

interface Props<T> {
  pages: Pages<T>;
  rowKey: (row: T) => string;
  columns: TableProps<T>["columns"];
  /** The row as a card, for narrow screens. */
  card: (row: T) => ReactNode;
  empty: ReactNode;
  onOpen?: (row: T) => void;
  table?: Omit<TableProps<T>, "columns" | "dataSource" | "rowKey" | "pagination">;
}

export function ListTable<T extends object>({ pages, rowKey, columns, card, empty, onOpen, table }: Props<T>) {
  const phone = usePhone();
  const rows = itemsOf(pages);
  if (pages.isError && rows.length === 0) return <ErrorView error={pages.error} retry={() => void pages.refetch()} />;
  if (pages.isPending) return <div className="panel pad"><Skeleton active paragraph={{ rows: 8 }} title={false} /></div>;
  if (rows.length === 0) return <div className="panel">{empty}</div>;
  return (
    <div className="panel list">
      {phone ? (
        <div className="cards">{rows.map((row) => <Card key={rowKey(row)} onOpen={onOpen && (() => onOpen(row))}>{card(row)}</Card>)}</div>
      ) : (
        <Table<T>
          size="middle" scroll={{ x: "max-content" }} {...table} columns={columns} dataSource={rows} rowKey={rowKey} pagination={false}
          rowClassName={onOpen ? "opens" : ""}
          onRow={onOpen && ((row) => ({ onClick: (event) => opens(event) && onOpen(row) }))}
        />
      )}
      <Foot pages={pages} shown={rows.length} />
    </div>
  );
}

/** A click on a link, button or box inside the row is meant for that, not for the row; nor is selecting text. */
function opens(event: MouseEvent): boolean {
  const target = event.target as HTMLElement;
  return !target.closest("a, button, input, label, .ant-dropdown, .ant-table-selection-column") && !window.getSelection()?.toString();
}

function Card({ children, onOpen }: { children: ReactNode; onOpen?: () => void }) {
  if (!onOpen) return <div className="card-row">{children}</div>;
  return (
    <div
      className="card-row opens" role="link" tabIndex={0}
      onClick={(event) => opens(event) && onOpen()}
      onKeyDown={(event) => event.key === "Enter" && event.target === event.currentTarget && onOpen()}
    >
      {children}
    </div>
  );
}

function Foot<T>({ pages, shown }: { pages: Pages<T>; shown: number }) {
  const { t } = useI18n();
  const format = useFormat();
  const total = pages.data?.pages[0]?.total;
  return (
    <footer className="list-foot">
      <span className="muted num">
        {typeof total !== "number" ? t("list.shown", { n: format.count(shown) }) : t("list.of", { n: format.count(shown), total: format.count(total) })}
      </span>
      {pages.hasNextPage ? (
        <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>{t("list.more")}</Button>
      ) : null}
      {pages.isFetchNextPageError ? <span className="bad">{pages.error?.message}</span> : null}
    </footer>
  );
}
