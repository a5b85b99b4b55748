"""The compatibility cases pass. Collected only where the cases lie beside the checkout."""


def test_every_compatibility_case_of_the_data_plane_passes(compatibility_run):
    output, _ = compatibility_run.communicate(timeout=240)
    assert compatibility_run.returncode == 0, output
    assert " 0 failed, 0 skipped" in output, output
