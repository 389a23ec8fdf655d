/* The only program in the test image. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!file) return 1;
  fputs(text, file);
  return fclose(file) != 0;
}

static int read_file(const char *path) {
  char text[256];
  FILE *file = fopen(path, "r");
  if (!file) return puts("absent") < 0;
  if (fgets(text, sizeof text, file)) puts(text);
  return fclose(file) != 0;
}

int main(int count, char **words) {
  if (count > 3 && !strcmp(words[1], "write")) return write_file(words[2], words[3]);
  if (count > 2 && !strcmp(words[1], "read")) return read_file(words[2]);
  if (count > 3 && !strcmp(words[1], "both")) return write_file(words[2], words[3]) || read_file(words[2]);
  if (count > 1 && !strcmp(words[1], "sleep")) return sleep(3600) != 0;
  return 2;
}
