import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { useEffect, useMemo, type ReactNode } from "react";
import { RouterProvider } from "react-router";
import { ApiError } from "../api/client";
import { I18nProvider, useI18n } from "../i18n";
import { useErrorNotice } from "./errors";
import { router } from "./routes";
import { theme } from "./theme";

declare module "@tanstack/react-query" {
  interface Register {
    /** `quiet` mutations show their own error next to the form. */
    mutationMeta: { quiet?: boolean };
  }
}

function Queries({ children }: { children: ReactNode }) {
  const notify = useErrorNotice();
  const client = useMemo(() => new QueryClient({
    queryCache: new QueryCache(),
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, mutation) => {
        if (!mutation.meta?.quiet) notify(error);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        // A refusal stays a refusal; only a broken connection or an unwell server is asked again.
        retry: (failures, error) => failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      },
    },
    // The client lives as long as the page; `notify` reads the language when it is called.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }), []);
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

function Localised() {
  const { locale } = useI18n();
  useEffect(() => {
    dayjs.locale(locale === "zh" ? "zh-cn" : "en");
  }, [locale]);
  return (
    <ConfigProvider theme={theme} locale={locale === "zh" ? zhCN : enUS} button={{ autoInsertSpace: false }}>
      <AntApp>
        <Queries>
          <RouterProvider router={router} />
        </Queries>
      </AntApp>
    </ConfigProvider>
  );
}

export function App() {
  return <I18nProvider><Localised /></I18nProvider>;
}
