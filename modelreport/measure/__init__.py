"""Room 4: statistics of the tensors' values and hashes of the files, streamed with flat memory."""

from modelreport.measure.beside import measuring
from modelreport.measure.hashes import hash_files, hashing
from modelreport.measure.parts import measure_all
from modelreport.measure.survey import measure

__all__ = ["hash_files", "hashing", "measure", "measure_all", "measuring"]
