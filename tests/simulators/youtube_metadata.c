/* What a video may say at YouTube: fields, enums, text limits. */
#include "tests/simulators/youtube.h"

#include "base/auto.h"
#include <string.h>

enum { TITLE_UNITS = 100, DESCRIPTION_BYTES = 5000, TAGS_CHARACTERS = 500 };

const char youtube_parts[] = "snippet status contentDetails fileDetails processingDetails statistics localizations "
                             "paidProductPlacementDetails recordingDetails player";
const char youtube_insert_query[] = "uploadType part notifySubscribers";
const char youtube_list_query[] = "part id";
const char youtube_failures[] = "conversion invalidFile emptyFile tooSmall codec uploadAborted";
const char youtube_rejections[] = "copyright inappropriate duplicate termsOfUse uploaderAccountSuspended length claim "
                                  "uploaderAccountClosed trademark legal";
/* Assignable in most regions; others give invalidCategoryId. */
static const char categories[] = "1 2 10 15 17 19 20 22 23 24 25 26 27 28 29";

static const struct field snippet_fields[] = {
    {"title", FIELD_TEXT, true, NULL, NULL},
    {"description", FIELD_TEXT, false, NULL, NULL},
    {"tags", FIELD_TEXTS, false, NULL, NULL},
    {"categoryId", FIELD_TEXT, false, NULL, NULL},
    {"defaultLanguage", FIELD_TEXT, false, NULL, NULL},
    {"defaultAudioLanguage", FIELD_TEXT, false, NULL, NULL},
    {0},
};
static const struct field status_fields[] = {
    {"privacyStatus", FIELD_TEXT, false, "public unlisted private", NULL},
    {"publishAt", FIELD_TEXT, false, NULL, NULL},
    {"license", FIELD_TEXT, false, "youtube creativeCommon", NULL},
    {"embeddable", FIELD_BOOL, false, NULL, NULL},
    {"publicStatsViewable", FIELD_BOOL, false, NULL, NULL},
    {"selfDeclaredMadeForKids", FIELD_BOOL, false, NULL, NULL},
    {"containsSyntheticMedia", FIELD_BOOL, false, NULL, NULL},
    {0},
};
static const struct field placement_fields[] = {{"hasPaidProductPlacement", FIELD_BOOL, false, NULL, NULL}, {0}};
static const struct field recording_fields[] = {{"recordingDate", FIELD_TEXT, false, NULL, NULL}, {0}};
static const struct field localization_fields[] = {
    {"title", FIELD_TEXT, false, NULL, NULL}, {"description", FIELD_TEXT, false, NULL, NULL}, {0}};
#define VIDEO_OBJECTS                                                                                                  \
    {"snippet", FIELD_OBJECT, false, NULL, snippet_fields}, {"status", FIELD_OBJECT, false, NULL, status_fields},      \
    {"paidProductPlacementDetails", FIELD_OBJECT, false, NULL, placement_fields},                                      \
    {"recordingDetails", FIELD_OBJECT, false, NULL, recording_fields},                                                 \
    {"localizations", FIELD_ANY_OBJECT, false, NULL, NULL}
const struct field youtube_video_fields[] = {VIDEO_OBJECTS, {0}};
const struct field youtube_update_fields[] = {VIDEO_OBJECTS, {"id", FIELD_TEXT, true, NULL, NULL}, {0}};

bool youtube_has_part(const char *part, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = part; (at = strstr(at, word)); at += n)
        if ((at == part || at[-1] == ',') && (!at[n] || at[n] == ','))
            return true;
    return false;
}

bool youtube_parts_known(struct call *call)
{
    const char *part = call_query(call, "part");
    char word[64];

    for (const char *at = part ? part : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        if (!word_in(youtube_parts, word))
            return youtube_refuse(call, "unknownPart", "part names something unknown"), false;
    }
    if (!part || !*part)
        return youtube_refuse(call, "missingRequiredParameter", "part is missing"), false;
    return true;
}

/* Each tag, +2 for the quotes of one with a blank, and the commas between. */
static int tags_length(const json_t *tags)
{
    int length = json_array_size(tags) ? (int)json_array_size(tags) - 1 : 0;

    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));

        length += text_utf16(tag) + (strchr(tag, ' ') ? 2 : 0);
    }
    return length;
}

static bool language_fits(const char *tag)
{
    size_t n = strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    return !*tag || (n == strlen(tag) && strcspn(tag, "-") >= 2 && strcspn(tag, "-") <= 8);
}

static bool snippet_fits(struct call *call, const json_t *snippet)
{
    const char *title = text_of(snippet, "title"), *description = text_of(snippet, "description");
    const char *category = text_of(snippet, "categoryId");

    if (!title[strspn(title, " ")] || text_utf16(title) > TITLE_UNITS || strpbrk(title, "<>"))
        return youtube_refuse(call, "invalidTitle", "snippet.title must have 1 to 100 characters, none of them < or >"),
               false;
    if (strlen(description) > DESCRIPTION_BYTES || strpbrk(description, "<>"))
        return youtube_refuse(call, "invalidDescription", "snippet.description has over 5000 bytes, or < or >"), false;
    if (tags_length(json_object_get(snippet, "tags")) > TAGS_CHARACTERS)
        return youtube_refuse(call, "invalidTags", "snippet.tags has over 500 characters"), false;
    if (*category && !word_in(categories, category))
        return youtube_refuse(call, "invalidCategoryId", "snippet.categoryId is not assignable"), false;
    if (!language_fits(text_of(snippet, "defaultLanguage")) || !language_fits(text_of(snippet, "defaultAudioLanguage")))
        return youtube_refuse(call, "invalidVideoMetadata", "a language is not BCP-47"), false;
    return true;
}

static bool status_fits(struct call *call, const json_t *status)
{
    const char *publish_at = text_of(status, "publishAt");
    int64_t ms;

    if (!*publish_at)
        return true;
    if (!time_read(publish_at, &ms) || strcmp(text_of(status, "privacyStatus"), "private"))
        return youtube_refuse(call, "invalidPublishAt",
                              "status.publishAt must be RFC 3339, with privacyStatus private"),
               false;
    return true;
}

static bool others_fit(struct call *call, const json_t *video)
{
    const json_t *recording = json_object_get(video, "recordingDetails");
    json_t *localizations = json_object_get(video, "localizations"), *value;
    char why[WHY_BYTES];
    const char *name;
    int64_t ms;

    if (recording && !time_read(text_of(recording, "recordingDate"), &ms))
        return youtube_refuse(call, "invalidRecordingDetails", "recordingDetails.recordingDate is not RFC 3339"), false;
    if (localizations && !*text_of(json_object_get(video, "snippet"), "defaultLanguage"))
        return youtube_refuse(call, "defaultLanguageNotSet", "localizations need snippet.defaultLanguage"), false;
    json_object_foreach(localizations, name, value) {
        if (!language_fits(name) || !json_is_object(value) || !object_fits(value, localization_fields, name, why))
            return youtube_refuse(call, "invalidVideoMetadata",
                                  "localizations must be {language: {title, description}}"),
                   false;
    }
    return true;
}

/* The body's objects that `part` names; NULL after a refusal. Owned by the caller. */
json_t *youtube_read_video(struct call *call, const struct field *fields)
{
    const char *part = call_query(call, "part"), *type = call_header(call, "content-type"), *name;
    json_auto_t *video = json_object();
    char why[WHY_BYTES];
    json_t *value;

    if (!type || strncasecmp(type, "application/json", 16))
        return youtube_refuse(call, "invalidVideoMetadata", "Content-Type is not application/json"), NULL;
    if (!call_json(call, false, why) || !object_fits(call->body, fields, "", why))
        return youtube_refuse(call, "invalidVideoMetadata", why), NULL;
    json_object_foreach(call->body, name, value) {
        if (youtube_has_part(part, name) || !strcmp(name, "id"))
            json_object_set(video, name, value);     /* "fields of an object that is not in part are ignored" */
    }
    if ((youtube_has_part(part, "snippet") && !snippet_fits(call, json_object_get(video, "snippet"))) ||
        !status_fits(call, json_object_get(video, "status")) || !others_fit(call, video))
        return NULL;
    return TAKE(video);
}
