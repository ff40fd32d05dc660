// What the sanitizer of addresses asks for when it starts. Each run frees a megabyte of tables;
// kept back for long, as is the default, all of it would be fresh memory for the next run.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=16"; }
