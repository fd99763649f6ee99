#include "publish/settings.h"

const struct setting common_settings[] = {
    /* name            type               choices  default   help */
    {"platform", SETTING_TEXT, NULL, NULL, "Kind of place: one of the adapters"},
    {"account", SETTING_TEXT, NULL, NULL, "Whose place: user, page or channel id"},
    {"api_base", SETTING_TEXT, NULL, NULL,
     "URL that replaces scheme and host of every vendor address (proxy, test server)"},
    {"token_command", SETTING_TEXT, NULL, NULL, "Command that prints the access token"},
    {"client_id", SETTING_TEXT, NULL, NULL, "Id of your own app at the platform, for crosscut login"},
    {"client_key", SETTING_TEXT, NULL, NULL, "The same, as TikTok calls it"},
    {"client_secret_command", SETTING_TEXT, NULL, NULL, "Command that prints the secret of your own app"},
    {"redirect_uri", SETTING_TEXT, NULL, NULL, "https address registered with your app, where the platform sends you after crosscut login"},
    {"scopes", SETTING_TEXT, NULL, NULL, "Rights to ask for at crosscut login, as the platform writes them, instead of all that are of use"},
    {"poll_interval", SETTING_DURATION, NULL, "5s", "Time between two looks at a video that is being processed"},
    {"poll_timeout", SETTING_DURATION, NULL, "30m", "How long processing may take before the post is put off"},
    {"retry_base", SETTING_DURATION, NULL, "1s", "First pause before a request is repeated; doubles each time"},
    {"retry_max", SETTING_INTEGER, NULL, "5", "How often a harmless request is tried"},
    {"settle", SETTING_DURATION, NULL, "300s", "How long to look for a post before an unknown outcome may be decided"},
    {"max_duration", SETTING_DURATION, NULL, NULL, "Longest video to send, instead of the platform's limit"},
    {"max_size", SETTING_SIZE, NULL, NULL, "Largest file to send, instead of the platform's limit"},
    {"max_fps", SETTING_INTEGER, NULL, NULL, "Highest frame rate to send, instead of the platform's limit"},
    {"reframe", SETTING_CHOICE, "auto track crop blur pad", NULL, "How to fit another shape of picture"},
    {"hashtags", SETTING_INTEGER, NULL, NULL, "Most hashtags to use, instead of the platform's custom"},
    {NULL, SETTING_TEXT, NULL, NULL, NULL},
};
