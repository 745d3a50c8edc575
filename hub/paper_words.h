/*
 * What stands on every paper (protocol/tables/paper.h), in the chosen language, and how a period is called there.
 * Constant data, any thread; the words live until messages_open() is called again.
 */
#ifndef MOTCUA_HUB_PAPER_WORDS_H
#define MOTCUA_HUB_PAPER_WORDS_H

#include "protocol/tables/paper.h"

enum { PAPER_PERIOD_TEXT = 200 };

/*
 * The two lines above right are those of every official paper (Nghị định 30/2020/NĐ-CP, Phụ lục I; from memory, not
 * read for this).
 */
struct paper_words paper_words(void);

/*
 * "Kỳ báo cáo: Tháng 5 năm 2024 (Từ ngày 15/04/2024 đến ngày 14/05/2024)": the period with the name it has in the
 * calendar or in the reports to the government, from the 15th to the 14th; without one its days alone. Returns out.
 */
const char *paper_words_period(struct period period, char out[static PAPER_PERIOD_TEXT]);

#endif
