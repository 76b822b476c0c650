/** The whole application around a core. */
import { Suspense, lazy, useState } from "react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { I18nProvider, RouterProvider } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { Core } from "../core/types";
import { ConfirmPage, ForgotPage, LoginPage, RegisterPage, ResetPage } from "../features/account";
import { HomePage } from "../features/home";
import { NotFoundPage } from "../features/shell";
import { CoreProvider } from "../ui/core";
import { navigate, usePath } from "../ui/navigation";
import { PageSpinner } from "../ui/spinner";
import { MeetingPage } from "./meeting-page";
import { matchRoute } from "./routes";

const SettingsPage = lazy(async () => ({ default: (await import("../features/settings")).SettingsPage }));
const AdminPage = lazy(async () => ({ default: (await import("../features/admin")).AdminPage }));
const ConnectionTestPage = lazy(async () => ({
  default: (await import("../features/connection-test")).ConnectionTestPage,
}));
const SchedulePage = lazy(async () => ({ default: (await import("../features/schedule")).SchedulePage }));
const EditPage = lazy(async () => ({ default: (await import("../features/schedule")).EditPage }));
const MeetingDetailsPage = lazy(async () => ({
  default: (await import("../features/meeting-details")).MeetingDetailsPage,
}));
const RoomsPage = lazy(async () => ({ default: (await import("../features/rooms")).RoomsPage }));
const RoomDoorPage = lazy(async () => ({ default: (await import("../features/rooms")).RoomDoorPage }));
const RsvpPage = lazy(async () => ({ default: (await import("../features/rsvp")).RsvpPage }));

export function App({ core }: { core: Core }) {
  const { t, i18n } = useTranslation();
  const [queries] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 5000 } } }));
  return (
    <CoreProvider value={core}>
      <QueryClientProvider client={queries}>
        <I18nProvider locale={i18n.language}>
          <RouterProvider navigate={(path) => navigate(path)}>
            <Suspense fallback={<PageSpinner label={t("common.loading")} />}>
              <Screen />
            </Suspense>
          </RouterProvider>
        </I18nProvider>
      </QueryClientProvider>
    </CoreProvider>
  );
}

function Screen() {
  const route = matchRoute(usePath());
  switch (route.screen) {
    case "home":
      return <HomePage />;
    case "login":
      return <LoginPage />;
    case "register":
      return <RegisterPage />;
    case "forgot-password":
      return <ForgotPage />;
    case "reset-password":
      return <ResetPage />;
    case "confirm-email":
      return <ConfirmPage />;
    case "admin":
      return <AdminPage part={route.part} />;
    case "settings":
      return <SettingsPage />;
    case "test-connection":
      return <ConnectionTestPage />;
    case "schedule":
      return <SchedulePage />;
    case "edit":
      return <EditPage key={route.reference} meetingId={route.reference} />;
    case "details":
      return <MeetingDetailsPage key={route.reference} meetingId={route.reference} />;
    case "rooms":
      return <RoomsPage />;
    case "room":
      return <RoomDoorPage key={route.reference} slug={route.reference} />;
    case "rsvp":
      return <RsvpPage key={route.reference} token={route.reference} />;
    case "meeting":
      return <MeetingPage key={route.reference} reference={route.reference} />;
    case "not-found":
      return <NotFoundPage />;
  }
}
