/** 123456789 → "123 456 789", as people read it aloud. */
export function formatNumber(meetingNo: string): string {
  return meetingNo.replaceAll(/(\d{3})(?=\d)/gu, "$1 ");
}
